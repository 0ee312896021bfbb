import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually';
import { testCluster } from './harness/test-cluster';
import { TestPki } from './harness/test-pki';

const namespace = 'kube-amd-gpu-test';
const images = {
  exporter: 'docker.io/rocm/device-metrics-exporter:v1.4.0',
  proxy: 'quay.io/brancz/kube-rbac-proxy:v0.18.1',
  shell: 'busybox:1.36',
  toolbox: 'registry.local/toolbox:1',
};

/** What the AMD GPU operator makes of `metricsExporter.rbacConfig`, but for its privileges, which a test has no use for. */
describe('an exporter behind the real kube-rbac-proxy', () => {
  const cluster = testCluster();
  const serviceAccount = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  const grant = (role: string, name: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${namespace}-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });

  beforeAll(async () => {
    await cluster.images.loadFor(Object.values(images));
    const pki = await TestPki.create();
    const server = await pki.server('exporter', [`exporter.${namespace}.svc`]);
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await cluster.apply([
      ...['exporter', 'scraper', 'stranger'].map(serviceAccount),
      pki.secret({ namespace, name: 'exporter-tls' }, server),
      pki.authorityConfigMap({ namespace, name: 'exporter-ca' }),
      grant('system:auth-delegator', 'exporter'),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: namespace },
        rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
      },
      grant(namespace, 'scraper'),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'exporter', namespace },
        spec: { selector: { app: 'exporter' }, ports: [{ name: 'exporter-port', port: 5000 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'exporter', namespace, labels: { app: 'exporter' } },
        spec: {
          serviceAccountName: 'exporter',
          terminationGracePeriodSeconds: 1,
          initContainers: [
            { name: 'driver-init', image: images.shell, command: ['sh', '-c', 'while true; do :; done'] },
          ],
          containers: [
            {
              name: 'metrics-exporter-container',
              image: images.exporter,
              args: ['--bind=127.0.0.1'],
              env: [
                { name: 'METRICS_EXPORTER_PORT', value: '4999' },
                { name: 'STAND_IN_WORKLOADS', value: 'ml/trainer-0/rocm' },
              ],
            },
            {
              name: 'kube-rbac-proxy-container',
              image: images.proxy,
              args: [
                '--upstream=http://127.0.0.1:4999',
                '--secure-listen-address=0.0.0.0:5000',
                '--tls-cert-file=/tls/tls.crt',
                '--tls-private-key-file=/tls/tls.key',
              ],
              readinessProbe: { tcpSocket: { port: 5000 }, periodSeconds: 1 },
              securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false },
              volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }],
            },
          ],
          volumes: [{ name: 'tls', secret: { secretName: 'exporter-tls' } }],
        },
      },
    ]);
    await pki.remove();
    await cluster.kubectl(['wait', '-n', namespace, '--for=condition=Ready', 'pod/exporter', '--timeout=90s']);
  });

  afterAll(async () => {
    const bindings = ['exporter', 'scraper'].map((name) => `clusterrolebinding/${namespace}-${name}`);
    await cluster.kubectl(['delete', `namespace/${namespace}`, `clusterrole/${namespace}`, ...bindings]);
  });

  /** What a pod gets that scrapes as this ServiceAccount. */
  const scrapeAs = async (name: string, more: readonly string[]): Promise<string> => {
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `as-${name}`, namespace },
        spec: {
          serviceAccountName: name === 'nobody' ? 'default' : name,
          restartPolicy: 'Never',
          containers: [
            {
              name: 'main',
              image: images.toolbox,
              args: ['get', '--ca', '/ca/ca.crt', ...more, `https://exporter.${namespace}.svc:5000/metrics`],
              volumeMounts: [{ name: 'ca', mountPath: '/ca' }],
            },
          ],
          volumes: [{ name: 'ca', configMap: { name: 'exporter-ca' } }],
        },
      },
    ]);
    await eventually(`end of the pod as-${name}`, async () => {
      const pod = await cluster.get<{ status: { phase: string } }>(['pod', '-n', namespace, `as-${name}`]);
      expect(['Succeeded', 'Failed']).toContain(pod.status.phase);
    });
    return cluster.containerLog(namespace, `as-${name}`);
  };

  const token = ['--token', '/var/run/secrets/kubernetes.io/serviceaccount/token'];

  it.each([
    ['nobody', [], '401 Unauthorized'],
    ['stranger', token, '403 Forbidden'],
    ['scraper', token, 'namespace="ml",pod="trainer-0"'],
  ])('answers %s', async (name, more, expected) => {
    expect(await scrapeAs(name, more)).toContain(expected);
  });
});
