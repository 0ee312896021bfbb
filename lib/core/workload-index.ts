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

const THANOS = [
  { name: 'grpc', containerPort: 10901 },
  { name: 'http', containerPort: 10902 },
];
const RELOADER = { name: 'reloader-web', containerPort: 8080 };

/** The servers that prometheus-operator runs: the name label of their pods, and the ports of their containers. */
const OPERATED: Readonly<Record<string, { readonly name: string; readonly ports: PodTemplate['ports'] }>> = {
  Prometheus: { name: 'prometheus', ports: [web(9090), RELOADER] },
  PrometheusAgent: { name: 'prometheus-agent', ports: [web(9090), RELOADER] },
  Alertmanager: {
    name: 'alertmanager',
    ports: [web(9093), { name: 'mesh-tcp', containerPort: 9094 }, { name: 'mesh-udp', containerPort: 9094 }, RELOADER],
  },
};

function web(containerPort: number): PodTemplate['ports'][number] {
  return { name: 'web', containerPort };
}

/**
 * The pods that prometheus-operator makes of a custom resource.
 *
 * @see https://prometheus-operator.dev/docs/platform/platform-guide/
 */
function operatedTemplate({ apiVersion, kind, metadata, spec }: Manifest): PodTemplate | undefined {
  const operated = apiVersion.startsWith('monitoring.coreos.com/') ? OPERATED[kind] : undefined;
  const { podMetadata, thanos } = (spec ?? {}) as {
    readonly podMetadata?: Template['metadata'];
    readonly thanos?: object;
  };
  const namespace = metadata.namespace ?? 'default';
  return (
    operated && {
      owner: `${kind} ${namespace}/${metadata.name}`,
      namespace,
      labels: {
        ...podMetadata?.labels,
        'app.kubernetes.io/name': operated.name,
        'app.kubernetes.io/instance': metadata.name,
        'app.kubernetes.io/managed-by': 'prometheus-operator',
      },
      ports: [...operated.ports, ...(thanos === undefined ? [] : THANOS)],
    }
  );
}

/** The pod templates of every workload among the objects. */
export function podTemplates(objects: readonly SynthesizedObject[]): readonly PodTemplate[] {
  return objects.flatMap(({ manifest }) => {
    const operated = operatedTemplate(manifest);
    if (operated !== undefined) {
      return [operated];
    }
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
