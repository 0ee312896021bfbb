import { type Agent, request as requestHttp } from 'node:http';
import { parseExposition, type Series } from './parse-exposition.js';

/** Labels that a series must have; it may have others. */
export type Labels = Readonly<Record<string, string>>;

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** From the request until the last byte. */
  readonly milliseconds: number;
}

/** Asks for a page. */
export function get(
  port: number,
  path: string,
  { headers = {}, agent }: { readonly headers?: Readonly<Record<string, string>>; readonly agent?: Agent } = {},
): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = requestHttp({ host: '127.0.0.1', port, path, headers, agent: agent ?? false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(parts).toString(),
          milliseconds: performance.now() - began,
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

/** The series of one scrape. */
export class Scrape {
  public readonly series: readonly Series[];

  public constructor(
    public readonly body: string,
    public readonly milliseconds = 0,
  ) {
    this.series = parseExposition(body);
  }

  /** Series of a name with all of the given labels. */
  public all(name: string, labels: Labels = {}): Series[] {
    return this.series.filter(
      (series) => series.name === name && Object.entries(labels).every(([key, value]) => series.labels[key] === value),
    );
  }

  /** The value of the one series of a name with the given labels; absent where there is none. */
  public value(name: string, labels: Labels = {}): number | undefined {
    const found = this.all(name, labels);
    if (found.length > 1) throw new Error(`${found.length} series of ${name}${JSON.stringify(labels)}`);
    return found[0]?.value;
  }

  /** Values of a name by index of the GPU. */
  public byGpu(name: string, labels: Labels = {}): Record<string, number> {
    return Object.fromEntries(this.all(name, labels).map((series) => [series.labels.gpu ?? '', series.value]));
  }

  /** Status of a GPU: the one value of the state set that holds. */
  public status(labels: Labels): string | undefined {
    const holds = this.all('gpu_status', labels).filter(({ value }) => value === 1);
    if (holds.length > 1) throw new Error(`${holds.length} states of ${JSON.stringify(labels)} hold`);
    return holds[0]?.labels.status;
  }

  /** Why the driver does not answer; empty where it does. */
  public get driverReason(): string | undefined {
    const [series] = this.all('gpu_exporter_driver_up');
    return series && (series.value === 1 ? '' : series.labels.reason);
  }
}
