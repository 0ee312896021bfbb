import { type Chart, Testing } from 'cdk8s';

/** A synthesized object; tests look into it by matching, so its fields are open. */
export interface TestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, string>>;
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

/** The objects of a chart, by `Kind/name`; a name that occurs twice fails. */
export function objectsOf(chart: Chart): ReadonlyMap<string, TestObject> {
  const objects = new Map<string, TestObject>();
  for (const object of Testing.synth(chart) as TestObject[]) {
    const namespace = object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`;
    const key = `${object.kind} ${namespace}${object.metadata.name}`;
    if (objects.has(key)) {
      throw new Error(`${key} exists twice`);
    }
    objects.set(key, object);
  }
  return objects;
}

/** One object; a missing one fails and says what there is. */
export function objectOf(chart: Chart, key: string): TestObject {
  const objects = objectsOf(chart);
  const object = objects.get(key);
  if (object === undefined) {
    throw new Error(`there is no ${key}, but: ${[...objects.keys()].join(', ')}`);
  }
  return object;
}

/** What a pod template of the tests looks like. */
export interface TestPod {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly args: readonly string[];
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
      readonly resources?: unknown;
      readonly securityContext?: unknown;
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
    readonly volumes?: readonly { readonly name: string }[];
    readonly [field: string]: unknown;
  };
}

/** The pod template of a workload. */
export function podOf(object: TestObject): TestPod {
  return object.spec.template as TestPod;
}
