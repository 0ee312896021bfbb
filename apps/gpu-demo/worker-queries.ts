/** What kube-state-metrics says of the Job; the highest, where it runs twice. */
export function job(metric: string): string {
  return `max(${metric}{namespace="$namespace", job_name="$job"})`;
}

/** Series of the chosen workers. */
export function worker(metric: string, matchers = ''): string {
  return `${metric}{namespace="$namespace", pod=~"$worker"${matchers}}`;
}

/** One value for each worker, however many GPUs it has. */
export function perWorker(metric: string): string {
  return `avg by (pod) (${worker(metric)})`;
}

/** One value for each GPU. */
export function perGpu(metric: string): string {
  return `max by (pod, gpu) (${worker(metric)})`;
}

/** How far the lowest worker is below the highest, as a share of the latter. */
export function spread(metric: string): string {
  return `1 - min(${perWorker(metric)}) / max(${perWorker(metric)})`;
}

/** Bytes or packets per second of each worker, over all its network interfaces. */
export function traffic(metric: string): string {
  return `sum by (pod) (rate(${worker(metric)}[$__rate_interval]))`;
}

export const WORKER = '{{pod}}';
export const GPU = '{{pod}} GPU {{gpu}}';
