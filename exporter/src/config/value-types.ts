import { isIP } from 'node:net';

/** How the text of an option becomes its value. */
export interface ValueType<T> {
  /** Stands for the value in the help text; empty for a boolean. */
  readonly placeholder: string;
  /** What may be written, to end the sentence "allowed: …". */
  readonly allowed: string;
  /** @returns the value, or undefined where the text is not allowed. */
  parse(text: string): T | undefined;
}

/** Some text, as long as it fits a line. */
export function text(placeholder: string, allowed: string, pattern: RegExp): ValueType<string> {
  return { placeholder, allowed, parse: (given) => (pattern.test(given) ? given : undefined) };
}

/** One of a set of words. */
export function oneOf<const T extends string>(words: readonly T[]): ValueType<T> {
  return {
    placeholder: words.join('|'),
    allowed: words.join(', '),
    parse: (given) => words.find((word) => word === given),
  };
}

/** `auto`, `on` or `off`; booleans of YAML and of Helm charts mean the last two. */
export const SWITCH: ValueType<'auto' | 'on' | 'off'> = {
  placeholder: 'auto|on|off',
  allowed: 'auto, on, off',
  parse: (given) => {
    if (given === 'true' || given === 'false') {
      return given === 'true' ? 'on' : 'off';
    }
    return given === 'auto' || given === 'on' || given === 'off' ? given : undefined;
  },
};

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

export const BOOLEAN: ValueType<boolean> = {
  placeholder: '',
  allowed: 'true, false, 1, 0',
  parse: (given) => (Object.hasOwn(BOOLEANS, given) ? BOOLEANS[given] : undefined),
};

/** A whole number, written in digits. */
export function integer(least: number, most: number): ValueType<number> {
  return {
    placeholder: 'number',
    allowed: `a whole number from ${least} to ${most}`,
    parse: (given) => {
      const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

/** A share of a whole. */
export const RATIO: ValueType<number> = {
  placeholder: 'ratio',
  allowed: 'a number from 0 to 1',
  parse: (given) => {
    const value = /^\d?(\.\d{1,15})?$/.test(given) && given !== '' ? Number(given) : Number.NaN;
    return value >= 0 && value <= 1 ? value : undefined;
  },
};

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const DURATION = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Reads a duration as Prometheus writes it. @returns seconds */
export function parseDuration(given: string): number | undefined {
  const match = given === '' ? null : DURATION.exec(given);
  if (match === null) {
    return undefined;
  }
  const parts = Object.values(UNITS).map((seconds, index) => Number(match[index + 1] ?? 0) * seconds);
  return parts.reduce((sum, part) => sum + part, 0);
}

/** A time span in seconds, written as `5s`, `1m30s` or `500ms`. */
export function duration(least: string, most: string): ValueType<number> {
  const [from, to] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return {
    placeholder: 'duration',
    allowed: `a duration such as 5s, 1m30s or 500ms, from ${least} to ${most}`,
    parse: (given) => {
      const value = parseDuration(given);
      return value !== undefined && value >= from && value <= to ? value : undefined;
    },
  };
}

/** Where a server listens: a host, empty for every address, and a port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Takes `:9836`, `127.0.0.1:9836`, `[::1]:9836` and `localhost:9836` apart. */
export function parseListenAddress(given: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(given);
  const [, v6, name = '', digits] = match ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 65_535) || (v6 !== undefined && isIP(v6.replace(/%.*$/, '')) !== 6)) {
    return undefined;
  }
  // Digits and dots alone are an IPv4 address, never a name of a host.
  return v6 === undefined && /^[\d.]+$/.test(name) && isIP(name) !== 4 ? undefined : { host: v6 ?? name, port };
}

export const LISTEN_ADDRESS: ValueType<string> = {
  placeholder: 'address',
  allowed: 'host:port, such as :9836, 127.0.0.1:9836 or [::1]:9836, with a port from 0 to 65535',
  parse: (given) => (parseListenAddress(given) === undefined ? undefined : given),
};

/** A path of a file or a folder. */
export const PATH = text('path', 'a path', /^[^\p{Cc}]{1,4095}$/u);

/** A path that does not depend on the folder in which the exporter was started. */
export const ABSOLUTE_PATH = text('path', 'a path that begins with /', /^\/[^\p{Cc}]{0,4094}$/u);

/** A name of a host or of a node of Kubernetes. */
export const HOST_NAME = text('name', 'a name of letters, digits, dots and hyphens', /^[\w]([\w.-]{0,251}\w)?$/);
