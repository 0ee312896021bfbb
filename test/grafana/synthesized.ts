import { Chart, Testing } from 'cdk8s';
import { parse } from 'yaml';
import { SynthesisError } from '../../lib/core/synthesis';
import { Grafana } from '../../lib/grafana/grafana';
import type { GrafanaProps } from '../../lib/grafana/grafana-props';

/** An object as it is written, with the fields that the tests look at. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly data: Record<string, string>;
  readonly automountServiceAccountToken?: boolean;
  readonly spec: Spec;
}

/** What the tests look at in specifications, of whatever kind. */
interface Spec extends Readonly<Record<string, unknown>> {
  readonly template: { readonly metadata: Written['metadata']; readonly spec: PodSpec };
  readonly egress: readonly { readonly to?: unknown; readonly ports: readonly { readonly port: number | string }[] }[];
}

interface PodSpec extends Readonly<Record<string, unknown>> {
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly [source: string]: unknown }[];
}

interface Container extends Readonly<Record<string, unknown>> {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: SecretSource }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface SecretSource {
  readonly secretKeyRef?: { readonly name: string; readonly key: string };
}

/** A Grafana and everything that it writes. */
export class Synthesized {
  public readonly objects: readonly Written[];
  public readonly text: string;

  public constructor(props: GrafanaProps = {}, use: (grafana: Grafana, chart: Chart) => void = () => undefined) {
    const chart = new Chart(Testing.app(), 'chart');
    use(new Grafana(chart, 'grafana', props), chart);
    this.objects = Testing.synth(chart) as readonly Written[];
    this.text = JSON.stringify(this.objects);
  }

  public all(kind: string): readonly Written[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  public get(kind: string, name?: string): Written {
    const found = this.all(kind).find((object) => name === undefined || object.metadata.name === name);
    if (found === undefined) {
      throw new Error(`There is no ${kind} ${name ?? ''}.`);
    }
    return found;
  }

  /** The ConfigMap that is not a dashboard's. */
  public get configuration(): Record<string, string> {
    return this.all('ConfigMap').find(({ data }) => 'grafana.ini' in data)?.data ?? {};
  }

  public get ini(): string {
    return this.configuration['grafana.ini'] ?? '';
  }

  /** The lines of one section of grafana.ini. */
  public section(name: string): readonly string[] {
    const after = this.ini.split(`[${name}]\n`)[1];
    return after === undefined ? [] : (after.split('\n\n')[0] ?? '').trimEnd().split('\n');
  }

  public get dataSources(): readonly Record<string, unknown>[] {
    return parse(this.configuration['datasources.yaml'] ?? '').datasources;
  }

  public get providers(): readonly Record<string, unknown>[] {
    return parse(this.configuration['dashboards.yaml'] ?? '').providers;
  }

  public get pod(): PodSpec {
    return this.get('Deployment').spec.template.spec;
  }

  public get container(): Container {
    const [container] = this.pod.containers;
    if (container === undefined) {
      throw new Error('The pod has no container.');
    }
    return container;
  }

  public get checksum(): string | undefined {
    return this.get('Deployment').spec.template.metadata.annotations?.['checksum/config'];
  }
}

/** Every problem of a Grafana, each `path property: message`. */
export function problemsOf(props: GrafanaProps, use: (grafana: Grafana) => void = () => undefined): readonly string[] {
  const app = Testing.app();
  use(new Grafana(new Chart(app, 'chart'), 'grafana', props));
  try {
    app.synth();
  } catch (error) {
    if (error instanceof SynthesisError) {
      return error.problems.map(({ path, property, message }) => `${path} ${property}: ${message}`);
    }
    throw error;
  }
  return [];
}
