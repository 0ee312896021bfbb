import { Chart, Testing } from 'cdk8s';
import { parse } from 'yaml';
import type { AlertmanagerProps } from '../../../lib/alertmanager/alertmanager-props';
import { OperatorAlertmanager } from '../../../lib/alertmanager/operator/operator-alertmanager';
import { SynthesisError } from '../../../lib/core/synthesis';
import type { TestObject } from '../../objects';

/** The specification of an Alertmanager, with the fields that the tests look into. */
export interface AlertmanagerSpec extends Readonly<Record<string, unknown>> {
  readonly additionalArgs?: readonly { readonly name: string; readonly value?: string }[];
  readonly containers: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}

/** An Alertmanager of the operator and everything that it writes. */
export class OperatorSynthesized {
  public readonly alertmanager: OperatorAlertmanager;
  public readonly objects: readonly TestObject[];

  public constructor(props: AlertmanagerProps, use: (alertmanager: OperatorAlertmanager) => void = () => undefined) {
    const chart = new Chart(Testing.app(), 'chart');
    this.alertmanager = new OperatorAlertmanager(chart, 'alertmanager', props);
    use(this.alertmanager);
    this.objects = Testing.synth(chart) as readonly TestObject[];
  }

  public get(kind: string, name?: string): TestObject {
    const found = this.objects.find(
      (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
    );
    if (found === undefined) {
      throw new Error(`There is no ${kind} ${name ?? ''}.`);
    }
    return found;
  }

  public get spec(): AlertmanagerSpec {
    return this.get('Alertmanager').spec as AlertmanagerSpec;
  }

  /** The files of the configuration's Secret, decoded. */
  public get files(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.get('Secret').data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
    );
  }

  public get config() {
    return parse(this.files['alertmanager.yaml'] ?? '');
  }
}

/** Every problem of an Alertmanager of the operator, each `path property: message`. */
export function operatorProblemsOf(props: AlertmanagerProps): readonly string[] {
  const app = Testing.app();
  new OperatorAlertmanager(new Chart(app, 'chart'), 'alertmanager', props);
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
