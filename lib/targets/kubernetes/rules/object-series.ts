/**
 * The series of kube-state-metrics that describe an object, without the labels of the exporter that reports it.
 *
 * Otherwise an alert about a node would carry namespace and pod of kube-state-metrics, and start anew whenever that is
 * restarted or runs twice.
 *
 * @param by labels that name the object
 * @param range where given, the highest value within it
 */
export function highest(by: readonly string[], metric: string, matchers?: string, range?: string): string {
  const selector = `${metric}{job="kube-state-metrics"${matchers === undefined ? '' : `, ${matchers}`}}`;
  return `max by (${by.join(', ')}) (${range === undefined ? selector : `max_over_time(${selector}[${range}])`})`;
}
