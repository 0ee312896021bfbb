import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What the stand-in says at `/counts` of its admin address. */
export interface ExporterCounts {
  readonly accepted: number;
  /** Refused requests by HTTP status. */
  readonly refused: Readonly<Record<string, number>>;
  /** TLS handshakes that failed, such as those without a client certificate. */
  readonly handshakesRefused: number;
  readonly tokensIssued: number;
  readonly tokensRefused: number;
  readonly lastAccepted?: {
    /** Path and query; the whole URL where the caller took the stand-in for a proxy. */
    readonly url: string;
    /** The scheme of the header `Authorization`. */
    readonly authorization: string;
    /** The name that the caller asked for in the TLS handshake. */
    readonly serverName: string;
    /** The subject of the client's certificate. */
    readonly clientCertificate: string;
    readonly userAgent: string;
  };
  readonly lastTokenRequest?: {
    readonly clientAuthentication: 'basic' | 'form';
    readonly scope: string;
    /** Other parameters of the form. */
    readonly parameters: Readonly<Record<string, readonly string[]>>;
  };
}

/** The stand-in for exporters as a process of this machine, on addresses that the kernel chose. */
export class ExporterProcess {
  /** Starts it with flags, in an environment of its own, and waits until it listens. */
  static async start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ExporterProcess> {
    const addresses = {
      STAND_IN_LISTEN_ADDRESS: '127.0.0.1:0',
      STAND_IN_ADMIN_ADDRESS: '127.0.0.1:0',
    };
    const child = spawn(program, [...args], { env: { ...addresses, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += String(data);
    });
    const listening: Record<string, string> = {};
    for await (const line of createInterface(child.stdout)) {
      const [, name, address] = /^(\w+): listening on (\S+)$/.exec(line) ?? [];
      if (name !== undefined && address !== undefined) {
        listening[name] = address;
      }
      if (name === 'admin') {
        return new ExporterProcess(child, listening);
      }
    }
    throw new Error(`the stand-in ended: ${errors}`);
  }

  private constructor(
    private readonly child: ChildProcess,
    /** Host and port of `metrics`, `tokens` and `admin`. */
    readonly addresses: Readonly<Record<string, string>>,
  ) {}

  async counts(): Promise<ExporterCounts> {
    return (await (await fetch(`http://${this.addresses.admin}/counts`)).json()) as ExporterCounts;
  }

  /** Changes `exposition` or `workloads`. */
  put(what: string, body: string): Promise<Response> {
    return fetch(`http://${this.addresses.admin}/${what}`, { method: 'PUT', body });
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
