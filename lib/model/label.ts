const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Labels of a series, a target, an alert or a Kubernetes object. */
export type Labels = Readonly<Record<string, string>>;

/** The message for a text that is no label name in Prometheus' classic character set. */
export function labelNameProblem(name: string): string | undefined {
  return LABEL_NAME.test(name)
    ? undefined
    : `"${name}" is not a label name. Allowed: letters, digits and underscores, not starting with a digit.`;
}

/** The message for a text that is no metric name in Prometheus' classic character set. */
export function metricNameProblem(name: string): string | undefined {
  return METRIC_NAME.test(name)
    ? undefined
    : `"${name}" is not a metric name. Allowed: letters, digits, underscores and colons, not starting with a digit.`;
}

/**
 * The name under which Prometheus' Kubernetes discovery offers a label or annotation key.
 *
 * @example metaName('app.kubernetes.io/name') // app_kubernetes_io_name
 */
export function metaName(key: string): string {
  return key.replace(/[^a-zA-Z0-9_]/g, '_');
}
