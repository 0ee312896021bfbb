import type { ExpositionFormat } from './family.js';

/** A media type of an `Accept` header. */
interface Wish {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** 0 to 1; 0 is a refusal. */
  readonly quality: number;
}

/** Content types of the formats. */
export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** How much a client wants a format that it names; a range such as `*` says nothing about OpenMetrics. */
const MEDIA_TYPES: Readonly<Record<ExpositionFormat, readonly string[]>> = {
  text: ['text/plain', 'text/*', '*/*'],
  openmetrics: ['application/openmetrics-text'],
};
const VERSIONS: Readonly<Record<ExpositionFormat, readonly string[]>> = {
  text: ['0.0.4'],
  openmetrics: ['1.0.0', '0.0.1'],
};

/** The longest header that is looked at. */
const LONGEST = 4096;

/**
 * The format for a client with this `Accept` header: OpenMetrics where it is offered and the client names it and does not
 * prefer text, else text. A client that accepts neither gets text as well, as from every exporter.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export function negotiateFormat(accept: string | undefined, openMetricsOffered: boolean): ExpositionFormat {
  if (accept === undefined || !openMetricsOffered) {
    return 'text';
  }
  const wishes = parse(accept);
  const openMetrics = qualityOf('openmetrics', wishes);
  return openMetrics > 0 && openMetrics >= qualityOf('text', wishes) ? 'openmetrics' : 'text';
}

function qualityOf(format: ExpositionFormat, wishes: readonly Wish[]): number {
  const qualities = wishes
    .filter(({ name, parameters: { version } }) => {
      return MEDIA_TYPES[format].includes(name) && (version === undefined || VERSIONS[format].includes(version));
    })
    .map(({ quality }) => quality);
  return Math.max(0, ...qualities);
}

function parse(header: string): readonly Wish[] {
  return header
    .slice(0, LONGEST)
    .split(',')
    .map((part) => {
      const [name = '', ...rest] = part.split(';').map((each) => each.trim().toLowerCase());
      const parameters = Object.fromEntries(rest.map((each) => pairOf(each)));
      return { name, parameters, quality: quality(parameters.q) };
    });
}

function pairOf(text: string): readonly [string, string] {
  const [key = '', value = ''] = text.split('=', 2).map((each) => each.trim());
  return [key, value.replace(/^"(.*)"$/, '$1')];
}

function quality(text: string | undefined): number {
  const value = text === undefined ? 1 : Number(text);
  return value >= 0 && value <= 1 ? value : 0;
}
