import type { LabelSelector } from '../model/scrape/discovery';
import { podSpecOf } from './images';
import type { Manifest, SynthesizedObject } from './synthesis';

/** The pods that a workload of the app will make. */
export interface PodTemplate {
  /** Kind and name of the workload. */
  readonly owner: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly containerPort: number }[];
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

function templateOf(manifest: Manifest): Template | undefined {
  const spec = manifest.spec as { template?: Template; jobTemplate?: { spec?: { template?: Template } } } | undefined;
  return manifest.kind === 'Pod' ? manifest : (spec?.jobTemplate?.spec?.template ?? spec?.template);
}

/** The pod templates of every workload among the objects. */
export function podTemplates(objects: readonly SynthesizedObject[]): readonly PodTemplate[] {
  return objects.flatMap(({ manifest }) => {
    const spec = podSpecOf(manifest);
    if (spec?.containers === undefined) {
      return [];
    }
    return [
      {
        owner: `${manifest.kind} ${manifest.metadata.namespace ?? 'default'}/${manifest.metadata.name}`,
        namespace: manifest.metadata.namespace ?? 'default',
        labels: templateOf(manifest)?.metadata?.labels ?? {},
        ports: spec.containers.flatMap((container) => container.ports ?? []),
      },
    ];
  });
}

/** Whether a Kubernetes label selector matches labels. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
