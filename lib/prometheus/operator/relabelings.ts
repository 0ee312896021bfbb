import type { RelabelConfig } from '../../model/relabel';

/**
 * Relabelings as custom resources take them: the operator drops an empty regex, which would then match everything.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.RelabelConfig
 */
export function operatorRelabelings(
  configs: readonly RelabelConfig[] | undefined,
): readonly RelabelConfig[] | undefined {
  return configs?.map((config) => (config.regex === '' ? { ...config, regex: '^$' } : config));
}
