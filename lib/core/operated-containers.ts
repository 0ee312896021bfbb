import type { Resources } from './workload';

/**
 * Requests and limits for a container that prometheus-operator makes and that is patched.
 *
 * The operator's own stay where a patch says nothing, and may contradict the other side; so both are written.
 */
export function patchedResources({ requests = {}, limits = {} }: Resources): Resources {
  return { requests: { ...limits, ...requests }, limits: { ...requests, ...limits } };
}

/** A group of fields of a custom resource, or nothing where none of them is set. */
export function unlessEmpty<T extends object>(fields: T): T | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined;
}
