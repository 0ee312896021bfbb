import { parseDuration } from '../duration';

/**
 * Writes a Prometheus duration in hours and less: some of Alertmanager's fields are read by Go, which knows no days.
 *
 * @example goDuration('5d') // 120h
 */
export function goDuration(text: string): string {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    return text;
  }
  let rest = milliseconds;
  let written = '';
  for (const [unit, size] of Object.entries({ h: 3_600_000, m: 60_000, s: 1000, ms: 1 })) {
    if (rest >= size) {
      written += `${Math.floor(rest / size)}${unit}`;
      rest %= size;
    }
  }
  return written === '' ? '0s' : written;
}
