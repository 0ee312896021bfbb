import type { Dashboard } from '../../../model/dashboard';

/** What a panel shows: numbers at the end of the time range, lines over it, or a table. */
export type PanelKind = 'stat' | 'timeseries' | 'table';

/** A panel: one query, and how to read it. */
export interface Panel {
  readonly kind: PanelKind;
  readonly title: string;
  /** What it shows, and how to read it. */
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: 'none' | 'percentunit' | 'bytes' | 'Bps' | 'watt' | 'celsius' | 'h';
  readonly expr: string;
  /** Such as `{{pod}}`. @default - what Grafana makes of the labels */
  readonly legend?: string;
  /** The number is red from here on. @default - never */
  readonly redFrom?: number;
  /** Headings of a table by the labels that it shows, and `Value`, from left to right. @default - none */
  readonly columns?: Readonly<Record<string, string>>;
}

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A choice at the top: values of a label that some series have. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly query: string;
}

/** What a dashboard consists of. */
export interface DashboardParts {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** A version of the JSON model that Grafana 12.1 and later read without migrating it. */
const SCHEMA_VERSION = 42;
const COLUMNS = 24;
const SIZE: Readonly<Record<PanelKind, { readonly w: number; readonly h: number }>> = {
  stat: { w: 4, h: 4 },
  timeseries: { w: 12, h: 8 },
  table: { w: 24, h: 10 },
};
/** The Prometheus of the stack, by the uid that its data source has. */
const DATA_SOURCE = { type: 'prometheus', uid: 'prometheus' };

/**
 * Puts rows of panels into Grafana's JSON model, from left to right.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export function dashboardOf({ uid, title, description, variables, rows }: DashboardParts): Dashboard {
  return {
    uid,
    title,
    model: {
      description,
      tags: ['gpu'],
      editable: true,
      graphTooltip: 1,
      schemaVersion: SCHEMA_VERSION,
      time: { from: 'now-3h', to: 'now' },
      timezone: 'browser',
      refresh: '1m',
      annotations: { list: [] },
      links: [],
      templating: { list: variables.map(variableModel) },
      panels: inPlace(rows),
    },
  };
}

function variableModel({ name, label, query }: Variable): Record<string, unknown> {
  return {
    type: 'query',
    name,
    label,
    datasource: DATA_SOURCE,
    definition: query,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // A list of all nodes of a cluster may be longer than a query may be.
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
    options: [],
    regex: '',
    hide: 0,
  };
}

function inPlace(rows: readonly Row[]): readonly Record<string, unknown>[] {
  const placed: Record<string, unknown>[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    let [x, tallest] = [0, 0];
    y += 1;
    for (const panel of panels) {
      const { w, h } = SIZE[panel.kind];
      if (x + w > COLUMNS) {
        [x, y, tallest] = [0, y + tallest, 0];
      }
      placed.push({ id: placed.length + 1, ...panelModel(panel), gridPos: { x, y, w, h } });
      [x, tallest] = [x + w, Math.max(tallest, h)];
    }
    y += tallest;
  }
  return placed;
}

function panelModel(panel: Panel): Record<string, unknown> {
  const { kind, title, description, unit, expr, legend = '__auto', redFrom } = panel;
  const red = redFrom === undefined ? [] : [{ color: 'red', value: redFrom }];
  const overTime = kind === 'timeseries';
  return {
    type: kind,
    title,
    description,
    datasource: DATA_SOURCE,
    targets: [
      {
        refId: 'A',
        datasource: DATA_SOURCE,
        editorMode: 'code',
        expr,
        legendFormat: legend,
        range: overTime,
        instant: !overTime,
        ...(kind === 'table' && { format: 'table' }),
      },
    ],
    fieldConfig: {
      defaults: {
        unit,
        ...(unit === 'percentunit' && { min: 0, max: 1 }),
        color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
        thresholds: { mode: 'absolute', steps: [{ color: 'text', value: null }, ...red] },
      },
      overrides: [],
    },
    ...look(panel),
  };
}

function look({ kind, columns = {} }: Panel): Record<string, unknown> {
  switch (kind) {
    case 'stat':
      return {
        options: {
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          colorMode: 'value',
          graphMode: 'none',
          textMode: 'value',
        },
      };
    case 'timeseries':
      return {
        options: {
          legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['mean', 'max'] },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      };
    case 'table':
      return {
        options: { showHeader: true, cellHeight: 'sm' },
        transformations: [
          {
            id: 'organize',
            options: {
              excludeByName: { Time: true },
              indexByName: Object.fromEntries(Object.keys(columns).map((label, index) => [label, index])),
              renameByName: columns,
            },
          },
        ],
      };
  }
}
