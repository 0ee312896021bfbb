import type { Cluster } from './cluster';
import { eventually } from './eventually';
import type { SynthesizedObject } from './synthesized';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** The conditions by which Argo CD takes an object to be healthy, for kinds that say so themselves. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  Prometheus: ['Available', 'Reconciled'],
  Alertmanager: ['Available', 'Reconciled'],
  CustomResourceDefinition: ['Established'],
};

/** What says whether an object is healthy. */
export type Judged = Pick<SynthesizedObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Waits until the objects are healthy; most kinds are as soon as they exist. */
export async function untilHealthy(cluster: Cluster, objects: readonly Judged[]): Promise<void> {
  for (const object of objects) {
    await untilOneIsHealthy(cluster, object);
  }
}

async function untilOneIsHealthy(cluster: Cluster, { apiVersion, kind, metadata }: Judged): Promise<void> {
  const { name, namespace } = metadata;
  const place = namespace === undefined ? [] : ['-n', namespace];
  if (WORKLOADS.includes(kind)) {
    await cluster.kubectl(['rollout', 'status', `${kind}/${name}`, ...place, '--timeout=180s'], {
      timeoutMilliseconds: 200_000,
    });
  }
  const wanted = CONDITIONS[kind];
  if (wanted !== undefined) {
    const group = apiVersion.split('/')[0];
    await eventually(
      `${kind} ${name}`,
      async () => {
        const { status } = await cluster.get<{ status?: { conditions?: readonly Condition[] } }>([
          `${kind}.${group}`.toLowerCase(),
          name,
          ...place,
        ]);
        const conditions = status?.conditions ?? [];
        if (!wanted.every((type) => conditions.some((each) => each.type === type && each.status === 'True'))) {
          throw new Error(`wanted ${wanted.join(', ')}, but ${JSON.stringify(conditions)}`);
        }
      },
      { timeoutMilliseconds: 180_000, everyMilliseconds: 1_000 },
    );
  }
}
