import type { Dashboard } from '../../lib';
import { DATA_SOURCE, type Panel } from './panel';

/** A version of the JSON model that Grafana 12.1 and later read without migrating it. */
const SCHEMA_VERSION = 42;
const COLUMNS = 24;

/** A choice at the top of a dashboard, whose values are those of a label. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Series that have the label; other variables may be in it. */
  readonly series: string;
  /** The label whose values are offered. */
  readonly of: string;
  /** What is chosen first; `all` allows several as well. */
  readonly initial: string | { readonly all: 'every value that is offered' | 'everything' };
}

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What a dashboard consists of. */
export interface DashboardOptions {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/**
 * Puts rows of panels into the JSON model of Grafana: from left to right, and into a new line where one is full.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export function dashboard({ uid, title, description, variables, rows }: DashboardOptions): Dashboard {
  return {
    uid,
    title,
    model: {
      description,
      tags: ['gpu'],
      editable: true,
      graphTooltip: 1,
      schemaVersion: SCHEMA_VERSION,
      time: { from: 'now-1h', to: 'now' },
      timezone: 'browser',
      refresh: '30s',
      annotations: { list: [] },
      links: [],
      templating: { list: variables.map(variable) },
      panels: inPlace(rows),
    },
  };
}

function variable({ name, label, series, of, initial }: Variable): Record<string, unknown> {
  const query = `label_values(${series}, ${of})`;
  const several = typeof initial !== 'string';
  return {
    type: 'query',
    name,
    label,
    datasource: DATA_SOURCE,
    definition: query,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    // With every change of the time range: pods come and go.
    refresh: 2,
    sort: 1,
    multi: several,
    includeAll: several,
    // A list of all pods of a cluster may be longer than a query may be.
    ...(several && initial.all === 'everything' && { allValue: '.+' }),
    current: several ? { text: ['All'], value: ['$__all'] } : { text: initial, value: initial },
    options: [],
    regex: '',
    hide: 0,
  };
}

function inPlace(rows: readonly Row[]): readonly Record<string, unknown>[] {
  const placed: Record<string, unknown>[] = [];
  let [x, y, height] = [0, 0, 0];
  const place = (model: Readonly<Record<string, unknown>>, width: number, tall: number) => {
    if (x + width > COLUMNS) {
      [x, y, height] = [0, y + height, 0];
    }
    placed.push({ id: placed.length + 1, ...model, gridPos: { x, y, w: width, h: tall } });
    [x, height] = [x + width, Math.max(height, tall)];
  };
  for (const { title, panels } of rows) {
    [x, y, height] = [0, y + height, 0];
    place({ type: 'row', title, collapsed: false, panels: [] }, COLUMNS, 1);
    for (const { model, width, height: tall } of panels) {
      place(model, width, tall);
    }
  }
  return placed;
}
