import type { Problems } from './problem';

/**
 * A Grafana dashboard.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export interface Dashboard {
  /** Stable identity, part of the dashboard's URL; at most 40 letters, digits, `-` and `_`. */
  readonly uid: string;
  readonly title: string;
  /** Everything else of the dashboard's JSON model. */
  readonly model: Readonly<Record<string, unknown>>;
}

/** Checks what Grafana would refuse when it provisions the dashboard. */
export function checkDashboard(dashboard: Dashboard, problems: Problems): void {
  const here = problems.within(`dashboards/${dashboard.uid}`);
  if (!/^[a-zA-Z0-9_-]{1,40}$/.test(dashboard.uid)) {
    here.add('uid', `"${dashboard.uid}" received. Allowed: 1 to 40 letters, digits, - and _.`);
  }
  if (dashboard.title.trim() === '') {
    here.add('title', 'It is empty; Grafana refuses a dashboard without a title.');
  }
}
