import { expect } from 'vitest';
import { DEFAULT_CLUSTER_NETWORK } from '../lib/core/cluster-network';
import { Images } from '../lib/core/images';
import type { WorkloadProps } from '../lib/core/workload';
import type { TestObject, TestPod } from './objects';

/** Every prop that all components share, each with a value that no default has. */
export const ALL_WORKLOAD_PROPS: Required<WorkloadProps> = {
  name: 'own-name',
  namespace: 'own-namespace',
  labels: { team: 'a' },
  annotations: { owner: 'b' },
  podLabels: { 'pod-label': 'c' },
  podAnnotations: { 'pod-annotation': 'd' },
  images: Images.of({ mirror: 'registry.example.com' }),
  imagePullSecrets: ['pull'],
  resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '3Gi' } },
  nodeSelector: { pool: 'infra' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  priorityClassName: 'high',
  extraArgs: ['--extra-flag=1'],
  extraEnv: [{ name: 'EXTRA', value: '2' }],
  userIds: 'fixed',
  networkPolicy: true,
  network: DEFAULT_CLUSTER_NETWORK,
};

/** Asserts that each of them is in the workload. */
export function expectAllWorkloadProps(workload: TestObject): void {
  const pod = workload.spec.template as TestPod;
  expect(workload.metadata).toMatchObject({
    name: 'own-name',
    namespace: 'own-namespace',
    labels: { team: 'a' },
    annotations: { owner: 'b' },
  });
  expect(pod.metadata).toMatchObject({
    labels: { team: 'a', 'pod-label': 'c' },
    annotations: { owner: 'b', 'pod-annotation': 'd' },
  });
  expect(pod.spec).toMatchObject({
    imagePullSecrets: [{ name: 'pull' }],
    nodeSelector: { pool: 'infra' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    priorityClassName: 'high',
  });
  expect(pod.spec.containers[0]).toMatchObject({
    image: expect.stringMatching(/^registry\.example\.com\//),
    resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '3Gi' } },
    args: expect.arrayContaining(['--extra-flag=1']),
    env: expect.arrayContaining([{ name: 'EXTRA', value: '2' }]),
  });
}
