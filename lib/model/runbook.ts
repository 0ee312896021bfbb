const RUNBOOKS = 'https://github.com/cdk8s-gpu-monitoring/cdk8s-gpu-monitoring/blob/main/docs/runbooks';

/** URL of the page that says what an alert means and what to do. */
export function runbook(alertName: string): string {
  return `${RUNBOOKS}/${alertName}.md`;
}
