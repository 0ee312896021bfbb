const UNITS = [
  { unit: 'y', milliseconds: 365 * 24 * 3600 * 1000 },
  { unit: 'w', milliseconds: 7 * 24 * 3600 * 1000 },
  { unit: 'd', milliseconds: 24 * 3600 * 1000 },
  { unit: 'h', milliseconds: 3600 * 1000 },
  { unit: 'm', milliseconds: 60 * 1000 },
  { unit: 's', milliseconds: 1000 },
  { unit: 'ms', milliseconds: 1 },
] as const;

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Prometheus counts in nanoseconds of a signed 64-bit number: about 292 years. */
const LONGEST = (2 ** 63 - 1) / 1e6;

const ALLOWED = 'Allowed: a number and a unit of ms, s, m, h, d, w, y, largest first, such as 30s or 1h30m';

/**
 * Reads a duration as Prometheus writes it: `30s`, `1h30m`, `2w`, or `0`.
 *
 * A day has 24 hours, a week 7 days and a year 365 days.
 *
 * @returns milliseconds, or undefined when the text is no duration or is longer than about 292 years.
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') {
    return 0;
  }
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) {
    return undefined;
  }
  let milliseconds = 0;
  for (const [index, unit] of UNITS.entries()) {
    milliseconds += Number(match[index + 1] ?? 0) * unit.milliseconds;
  }
  return milliseconds > LONGEST ? undefined : milliseconds;
}

/**
 * Writes milliseconds as Prometheus does, such as `1h30m`, `90d` or `0s`.
 *
 * Years and weeks appear only when nothing is left over, as `90d` reads better than `12w6d`. Parts of a
 * millisecond are rounded away.
 */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(Math.abs(milliseconds));
  let text = '';
  for (const { unit, milliseconds: size } of UNITS) {
    const whole = unit !== 'y' && unit !== 'w';
    if (rest >= size && (whole || rest % size === 0)) {
      text += `${Math.floor(rest / size)}${unit}`;
      rest %= size;
    }
  }
  return text === '' ? '0s' : `${milliseconds < 0 ? '-' : ''}${text}`;
}

/** The message for a text that is no Prometheus duration, or undefined when it is one. */
export function checkDuration(text: string): string | undefined {
  if (parseDuration(text) !== undefined) {
    return undefined;
  }
  return text !== '' && DURATION.test(text)
    ? `"${text}" is too long for a duration. Allowed: up to 292y`
    : `"${text}" is not a duration. ${ALLOWED}`;
}
