/** Drops what is undefined or an empty list, at every depth, and copies: YAML would otherwise write anchors. */
export function compact<T extends Record<string, unknown>>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (Array.isArray(inner) && inner.length === 0 ? undefined : inner)),
  ) as T;
}
