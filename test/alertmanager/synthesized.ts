import { Chart, Testing } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { parse } from 'yaml';
import { Alertmanager, type AlertmanagerProps } from '../../lib/alertmanager/alertmanager';
import { SynthesisError } from '../../lib/core/synthesis';

/** An object as it is written, with the fields that the tests look at. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: k8s.ObjectMeta & { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Pod extends Readonly<Record<string, unknown>> {
  readonly containers: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

interface Container extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Template {
  readonly metadata: k8s.ObjectMeta;
  readonly spec: Pod;
}

interface NetworkPolicySpec {
  readonly ingress: readonly unknown[];
  readonly egress: readonly { readonly to?: unknown; readonly ports?: readonly unknown[] }[];
}

/** An Alertmanager and everything that it writes. */
export class Synthesized {
  public readonly alertmanager: Alertmanager;
  public readonly objects: readonly Written[];

  public constructor(props: AlertmanagerProps, use: (alertmanager: Alertmanager) => void = () => undefined) {
    const chart = new Chart(Testing.app(), 'chart');
    this.alertmanager = new Alertmanager(chart, 'alertmanager', props);
    use(this.alertmanager);
    this.objects = Testing.synth(chart) as readonly Written[];
  }

  public get(kind: string, name?: string): Written {
    const found = this.find(kind, name);
    if (found === undefined) {
      throw new Error(`There is no ${kind} ${name ?? ''}.`);
    }
    return found;
  }

  public find(kind: string, name?: string): Written | undefined {
    return this.objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  }

  public get template(): Template {
    return this.get('StatefulSet').spec.template as Template;
  }

  public container(name = 'alertmanager'): Container {
    const container = this.template.spec.containers.find((each) => each.name === name);
    if (container === undefined) {
      throw new Error(`There is no container ${name}.`);
    }
    return container;
  }

  public get args(): readonly string[] {
    return this.container().args;
  }

  public get files(): Readonly<Record<string, string>> {
    return this.get('ConfigMap').data;
  }

  public get config() {
    return parse(this.files['alertmanager.yml'] ?? '');
  }

  public get policy(): NetworkPolicySpec {
    return this.get('NetworkPolicy').spec as unknown as NetworkPolicySpec;
  }

  /** What the pods may connect to, without the name service. */
  public get egress(): NetworkPolicySpec['egress'] {
    return this.policy.egress.filter(({ ports = [] }) => !JSON.stringify(ports).includes('"port":53'));
  }
}

/** Every problem of an Alertmanager, each `path property: message`. */
export function problemsOf(props: AlertmanagerProps): readonly string[] {
  const app = Testing.app();
  new Alertmanager(new Chart(app, 'chart'), 'alertmanager', props);
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
