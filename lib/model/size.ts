const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

const PART = /(\d+\.?\d*|\.\d+)([A-Za-z]+)/y;

/** Prometheus counts bytes in a signed 64-bit number. */
const LARGEST = 2 ** 63 - 1;

/**
 * Reads a size in bytes as Prometheus' `--storage.tsdb.retention.size` does: `512MB`, `1.5GB`, `10GiB`, `0`.
 *
 * The units B, KB, MB, GB, TB, PB and EB have base 1024, and so have KiB to EiB. A unit is needed for everything but 0.
 * Parts add up (`1GB512MB`), in one spelling of the units.
 *
 * @returns bytes, or undefined when the text is no size, is negative or is larger than 8 EB.
 * @see https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects
 */
export function parseSize(text: string): number | undefined {
  if (text === '0') {
    return 0;
  }
  return parseUnits(text, 'B') ?? parseUnits(text, 'iB');
}

/**
 * Writes a number of bytes as Prometheus reads it, in the largest unit that fits: `40GB`, `1638MB`.
 *
 * What no unit fits exactly is rounded down, by less than one percent.
 */
export function formatSize(bytes: number): string {
  const whole = Math.max(0, Math.trunc(bytes));
  for (let power = PREFIXES.length - 1; power > 0; power--) {
    const count = whole / 1024 ** power;
    if (count >= 100 || (count >= 1 && Number.isInteger(count))) {
      return `${Math.floor(count)}${PREFIXES[power]}B`;
    }
  }
  return `${whole}B`;
}

/** The message for a text that is no Prometheus size, or undefined when it is one. */
export function checkSize(text: string): string | undefined {
  return parseSize(text) === undefined
    ? `"${text}" is not a size. Allowed: a number and a unit of B, KB, MB, GB, TB, PB, EB (base 1024), ` +
        'such as 512MB or 10GB'
    : undefined;
}

function parseUnits(text: string, suffix: 'B' | 'iB'): number | undefined {
  let bytes = 0;
  let end = 0;
  PART.lastIndex = 0;
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    const [whole, number, unit] = part;
    const power = PREFIXES.findIndex((prefix) => unit === (prefix === '' ? 'B' : prefix + suffix));
    if (power < 0) {
      return undefined;
    }
    bytes += Number(number) * 1024 ** power;
    end = part.index + whole.length;
  }
  return text === '' || end !== text.length || bytes >= LARGEST ? undefined : Math.trunc(bytes);
}
