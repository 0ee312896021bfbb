/**
 * Leaves out what is undefined, so that it does not take the place of a default.
 *
 * @example { ...defaults, ...defined(given) }
 */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
