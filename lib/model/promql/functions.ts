/** The types that PromQL knows. */
export type PromqlType = 'scalar' | 'vector' | 'matrix' | 'string';

/** What a PromQL function takes and gives. */
export interface FunctionSignature {
  /** Types of the arguments; the last one holds for every further argument. */
  readonly args: readonly PromqlType[];
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly returns: PromqlType;
  /** True when Prometheus needs `--enable-feature=promql-experimental-functions` for it. */
  readonly experimental: boolean;
}

/** What an aggregation such as `sum` or `topk` takes before the vector. */
export interface AggregationSignature {
  readonly parameter: PromqlType | undefined;
  readonly experimental: boolean;
}

const VECTOR_TO_VECTOR =
  'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count ' +
  'histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp';

const DATE_OF_VECTOR = 'day_of_month day_of_week day_of_year days_in_month hour minute month year';

const MATRIX_TO_VECTOR =
  'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate ' +
  'last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time';

const EXPERIMENTAL_MATRIX_TO_VECTOR =
  'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time';

const EXPERIMENTAL_SCALARS = 'end range start step';

interface SignatureOptions {
  readonly minArgs?: number;
  readonly maxArgs?: number;
  readonly returns?: PromqlType;
  readonly experimental?: boolean;
}

function takes(args: readonly PromqlType[], options: SignatureOptions = {}): FunctionSignature {
  return {
    args,
    minArgs: options.minArgs ?? args.length,
    maxArgs: options.maxArgs ?? args.length,
    returns: options.returns ?? 'vector',
    experimental: options.experimental ?? false,
  };
}

function each(names: string, signature: FunctionSignature): [string, FunctionSignature][] {
  return names.split(' ').map((name) => [name, signature]);
}

const EXPERIMENTAL = { experimental: true } as const;
const UNLIMITED = Number.POSITIVE_INFINITY;

/**
 * Every function of Prometheus 3.15.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/
 */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...each(VECTOR_TO_VECTOR, takes(['vector'])),
  ...each(DATE_OF_VECTOR, takes(['vector'], { minArgs: 0 })),
  ...each(MATRIX_TO_VECTOR, takes(['matrix'])),
  ...each(EXPERIMENTAL_MATRIX_TO_VECTOR, takes(['matrix'], EXPERIMENTAL)),
  ...each('pi time', takes([], { returns: 'scalar' })),
  ...each(EXPERIMENTAL_SCALARS, takes([], { returns: 'scalar', ...EXPERIMENTAL })),
  ...each('max_of min_of', takes(['scalar', 'scalar'], { returns: 'scalar', ...EXPERIMENTAL })),
  ...each('clamp_max clamp_min', takes(['vector', 'scalar'])),
  ...each(
    'sort_by_label sort_by_label_desc',
    takes(['vector', 'string'], { minArgs: 1, maxArgs: UNLIMITED, ...EXPERIMENTAL }),
  ),
  ['clamp', takes(['vector', 'scalar', 'scalar'])],
  ['double_exponential_smoothing', takes(['matrix', 'scalar', 'scalar'], EXPERIMENTAL)],
  ['histogram_fraction', takes(['scalar', 'scalar', 'vector'])],
  ['histogram_quantile', takes(['scalar', 'vector'])],
  [
    'histogram_quantiles',
    takes(['vector', 'string', 'scalar', 'scalar'], { minArgs: 3, maxArgs: 12, ...EXPERIMENTAL }),
  ],
  ['info', takes(['vector', 'vector'], { minArgs: 1, ...EXPERIMENTAL })],
  ['label_join', takes(['vector', 'string', 'string', 'string'], { minArgs: 3, maxArgs: UNLIMITED })],
  ['label_replace', takes(['vector', 'string', 'string', 'string', 'string'])],
  ['predict_linear', takes(['matrix', 'scalar'])],
  ['quantile_over_time', takes(['scalar', 'matrix'])],
  ['round', takes(['vector', 'scalar'], { minArgs: 1 })],
  ['scalar', takes(['vector'], { returns: 'scalar' })],
  ['start_timestamp', takes(['vector'], EXPERIMENTAL)],
  ['vector', takes(['scalar'])],
]);

const PLAIN_AGGREGATIONS = ['avg', 'count', 'group', 'max', 'min', 'stddev', 'stdvar', 'sum'];

/**
 * Every aggregation operator of Prometheus 3.15, in lower case.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
 */
export const AGGREGATIONS: ReadonlyMap<string, AggregationSignature> = new Map<string, AggregationSignature>([
  ...PLAIN_AGGREGATIONS.map((name): [string, AggregationSignature] => [
    name,
    { parameter: undefined, experimental: false },
  ]),
  ['bottomk', { parameter: 'scalar', experimental: false }],
  ['count_values', { parameter: 'string', experimental: false }],
  ['limit_ratio', { parameter: 'scalar', experimental: true }],
  ['limitk', { parameter: 'scalar', experimental: true }],
  ['quantile', { parameter: 'scalar', experimental: false }],
  ['topk', { parameter: 'scalar', experimental: false }],
]);

/** Functions that compare samples of a range, and so need at least two of them in it. */
export const RATE_LIKE: ReadonlySet<string> = new Set([
  'changes',
  'delta',
  'deriv',
  'idelta',
  'increase',
  'irate',
  'predict_linear',
  'rate',
  'resets',
]);
