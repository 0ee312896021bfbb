/** Keys under which Prometheus' and Alertmanager's configurations hold a secret as text. */
const SECRET_KEYS = new Set([
  'password',
  'credentials',
  'bearer_token',
  'client_secret',
  'secret_key',
  'token',
  'api_key',
  'routing_key',
  'service_key',
  'auth_password',
  'auth_secret',
  'secrets',
]);

/**
 * Finds secrets in a configuration that is passed through as it is.
 *
 * @returns the path of each, such as `basic_auth.password`.
 */
export function secretProblems(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => secretProblems(each, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return SECRET_KEYS.has(key) && (typeof inner === 'string' || Array.isArray(inner))
      ? [at]
      : secretProblems(inner, at);
  });
}
