import { Counter, Gauge, type Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** Makes metrics of prom-client whose names begin with `gpu_exporter_`. */
export class SelfMetricFactory {
  constructor(private readonly registry: Registry) {}

  /** A gauge that is set. */
  gauge(name: string, help: string, labelNames: readonly string[]): Gauge<string> {
    return new Gauge({ ...this.definition(name, help), labelNames });
  }

  /** A counter that is counted here. */
  counter(name: string, help: string, labelNames: readonly string[]): Counter<string> {
    return new Counter({ ...this.definition(name, help), labelNames });
  }

  /** A value that never changes. */
  constant(name: string, help: string, labels: Labels, value = 1): void {
    this.gauge(name, help, Object.keys(labels)).set(labels, value);
  }

  /**
   * A metric whose series are read at each scrape; a counter where the name ends in `_total`.
   *
   * A value that cannot be read takes away its metric and nothing else: prom-client would fail the whole scrape.
   */
  read(
    name: string,
    help: string,
    labelNames: readonly string[],
    series: () => readonly (readonly [labels: Labels, value: number])[],
  ): void {
    const options = { ...this.definition(name, help), labelNames };
    if (name.endsWith('_total')) {
      new Counter({
        ...options,
        collect() {
          this.reset();
          readSeries(series, (labels, value) => this.inc(labels, value));
        },
      });
    } else {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          readSeries(series, (labels, value) => this.set(labels, value));
        },
      });
    }
  }

  private definition(name: string, help: string) {
    return { name: `gpu_exporter_${name}`, help, registers: [this.registry] };
  }
}

function readSeries(
  series: () => readonly (readonly [labels: Labels, value: number])[],
  write: (labels: Labels, value: number) => void,
): void {
  try {
    for (const [labels, value] of series()) {
      if (Number.isFinite(value)) {
        write(labels, value);
      }
    }
  } catch {
    return;
  }
}

/**
 * The same metrics in OpenMetrics. prom-client has one format per registry and takes `_total` off the names of counters for
 * good, so the text is turned instead: families of counters lose the suffix, and empty lines go.
 */
export function openMetricsOf(text: string): string {
  return text
    .replace(/^# (HELP|TYPE) (\S+)_total /gm, '# $1 $2 ')
    .replace(/^# (HELP|TYPE) (\S+)_info (gauge)?/gm, (_, key, name, type) => `# ${key} ${name} ${type ? 'info' : ''}`)
    .replace(/\n{2,}/g, '\n');
}
