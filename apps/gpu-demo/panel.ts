/** A query: PromQL with variables of Grafana, and how its series are named. */
export interface Query {
  readonly expr: string;
  /** Such as `{{pod}}`. @default - what Grafana makes of the labels */
  readonly legend?: string;
}

/**
 * Grafana's names of units.
 *
 * @see https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts
 */
export type Unit =
  | 'none'
  | 'percent'
  | 'percentunit'
  | 'bytes'
  | 'mbytes'
  | 'Bps'
  | 'pps'
  | 'watt'
  | 'kwatth'
  | 'celsius'
  | 'hertz'
  | 's';

/** What every panel says. */
export interface PanelOptions {
  readonly title: string;
  /** What it shows, and how to read it. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of the 24 columns of a dashboard. @default - see the kind of panel */
  readonly width?: number;
  /** Lowest value of the axis. @default - that of the data */
  readonly min?: number;
  /** Highest value of the axis. @default - that of the data */
  readonly max?: number;
}

/** A panel that is not in its place yet. */
export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly model: Readonly<Record<string, unknown>>;
}

/** The Prometheus of the stack, by the uid that `MonitoringStack` gives it. */
export const DATA_SOURCE = { type: 'prometheus', uid: 'prometheus' };

/** What a kind of panel adds to the options. */
interface Kind {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  /** How a query is asked: over the time range, or for its end alone. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly overrides?: readonly unknown[];
  readonly transformations?: readonly unknown[];
}

const OVER_TIME = { range: true };
const AT_THE_END = { instant: true, range: false };
const PLAIN = { mode: 'absolute', steps: [{ color: 'text', value: null }] };
const LAST = { calcs: ['lastNotNull'], fields: '', values: false };

function panel({ title, description, unit, queries, width, min, max }: PanelOptions, kind: Kind): Panel {
  const { overrides = [], transformations = [] } = kind;
  return {
    width: width ?? kind.width,
    height: kind.height,
    model: {
      type: kind.type,
      title,
      description,
      datasource: DATA_SOURCE,
      targets: queries.map(({ expr, legend = '__auto' }, index) => ({
        refId: String.fromCharCode(65 + index),
        datasource: DATA_SOURCE,
        editorMode: 'code',
        expr,
        legendFormat: legend,
        ...kind.query,
      })),
      fieldConfig: {
        defaults: {
          unit,
          ...(min !== undefined && { min }),
          ...(max !== undefined && { max }),
          color: { mode: 'palette-classic' },
          thresholds: PLAIN,
          ...kind.defaults,
        },
        overrides,
      },
      options: kind.options,
      ...(transformations.length > 0 && { transformations }),
    },
  };
}

/** Lines over time, with mean and maximum of each. */
export function timeSeries(options: PanelOptions): Panel {
  return panel(options, {
    type: 'timeseries',
    width: 12,
    height: 8,
    query: OVER_TIME,
    defaults: {
      custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'auto', spanNulls: false },
    },
    options: {
      legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['mean', 'max'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  });
}

/** One number; red from a bound on, where there is one. */
export function stat(options: PanelOptions & { readonly redFrom?: number }): Panel {
  const { redFrom } = options;
  const red = redFrom === undefined ? [] : [{ color: 'red', value: redFrom }];
  return panel(options, {
    type: 'stat',
    width: 4,
    height: 4,
    query: AT_THE_END,
    defaults: { color: { mode: 'thresholds' }, thresholds: { ...PLAIN, steps: [...PLAIN.steps, ...red] } },
    options: {
      reduceOptions: LAST,
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      textMode: 'value',
    },
  });
}

/** One bar for each series. */
export function bars(options: PanelOptions): Panel {
  return panel(options, {
    type: 'bargauge',
    width: 12,
    height: 8,
    query: AT_THE_END,
    options: {
      reduceOptions: LAST,
      displayMode: 'basic',
      orientation: 'horizontal',
      valueMode: 'color',
      showUnfilled: true,
      namePlacement: 'auto',
      sizing: 'auto',
    },
  });
}

/** A column of a table: the field, its heading, and its unit where it is not that of the panel. */
export interface Column {
  /** A label, or `Value #A` for the first of several queries. */
  readonly field: string;
  readonly heading: string;
  readonly unit?: Unit;
}

/** A table of the columns that are named, in their order; several queries are joined by the labels that they share. */
export function table(options: PanelOptions & { readonly columns: readonly Column[] }): Panel {
  const { columns, queries } = options;
  const values =
    queries.length === 1 ? ['Value'] : queries.map((_, index) => `Value #${String.fromCharCode(65 + index)}`);
  const hidden = ['Time', ...values].filter((field) => columns.every((column) => column.field !== field));
  return panel(options, {
    type: 'table',
    width: 24,
    height: 8,
    query: { ...AT_THE_END, format: 'table' },
    options: { showHeader: true, cellHeight: 'sm' },
    overrides: columns.flatMap(({ heading, unit }) =>
      unit === undefined
        ? []
        : [{ matcher: { id: 'byName', options: heading }, properties: [{ id: 'unit', value: unit }] }],
    ),
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries(hidden.map((field) => [field, true])),
          indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
          renameByName: Object.fromEntries(columns.map(({ field, heading }) => [field, heading])),
        },
      },
    ],
  });
}

/** A state that a number stands for. */
export interface State {
  readonly value: number;
  readonly text: string;
  readonly color: string;
}

/** States over time, a line for each series. */
export function stateTimeline(options: PanelOptions & { readonly states: readonly State[] }): Panel {
  const states = options.states.map(({ value, text, color }, index) => [value, { text, color, index }]);
  return panel(options, {
    type: 'state-timeline',
    width: 12,
    height: 8,
    query: OVER_TIME,
    defaults: {
      color: { mode: 'thresholds' },
      mappings: [{ type: 'value', options: Object.fromEntries(states) }],
      custom: { fillOpacity: 80, lineWidth: 0 },
    },
    options: {
      mergeValues: true,
      showValue: 'auto',
      alignValue: 'left',
      rowHeight: 0.9,
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'single', sort: 'none' },
    },
  });
}
