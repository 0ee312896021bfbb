import { k8s } from './k8s';

/** A number, or a share such as `10%`, as the L1 classes want it. */
export function toIntOrString(value: number | string): k8s.IntOrString {
  return typeof value === 'number' ? k8s.IntOrString.fromNumber(value) : k8s.IntOrString.fromString(value);
}

/** The message for a number of pods that may not be replaced at the same time, or undefined where it may. */
export function maxUnavailableProblem(value: number | string): string | undefined {
  const allowed = typeof value === 'number' ? Number.isInteger(value) && value > 0 : /^[1-9]\d?%$|^100%$/.test(value);
  return allowed
    ? undefined
    : `${JSON.stringify(value)} received. Allowed: a number of pods above 0, or a percentage such as 10%.`;
}
