import { beforeAll, describe, expect, it } from 'vitest';
import { addresses } from './harness/addresses';
import { eventually } from './harness/eventually';
import { NetworkPolicyEvaluator } from './harness/network-policy';
import { readPolicyWorld } from './harness/network-policy-world';
import { testCluster } from './harness/test-cluster';

const namespace = 'images-test';
const images = {
  prometheus: 'quay.io/prometheus/prometheus:v3.15.0-distroless',
  alertmanager: 'quay.io/prometheus/alertmanager:v0.34.1',
  reloader: 'quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1',
  kubeStateMetrics: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0',
  nodeExporter: 'quay.io/prometheus/node-exporter:v1.12.1-distroless',
  grafana: 'docker.io/grafana/grafana:13.2.3',
  webhookReceiver: 'registry.local/webhook-receiver:1',
};

interface ContainerOptions {
  readonly image: string;
  readonly args?: readonly string[];
  /** Paths that must be writable. */
  readonly writable?: readonly string[];
  /** ConfigMaps by the path where they lie. */
  readonly files?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}

/** A pod as hardened as the library's: non-root, without capabilities, with a file system that it cannot write. */
function pod(name: string, { image, args, writable = [], files = {}, hostNetwork = false }: ContainerOptions): object {
  const configMaps = Object.entries(files);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      hostNetwork,
      serviceAccountName: 'viewer',
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, fsGroup: 2000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image,
          args,
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
          volumeMounts: [
            ...writable.map((mountPath, index) => ({ name: `writable-${index}`, mountPath })),
            ...configMaps.map(([mountPath, configMap]) => ({ name: configMap, mountPath })),
          ],
        },
      ],
      volumes: [
        ...writable.map((_, index) => ({ name: `writable-${index}`, emptyDir: {} })),
        ...configMaps.map(([, configMap]) => ({ name: configMap, configMap: { name: configMap } })),
      ],
    },
  };
}

function service(name: string, port: number): object {
  const ports = [{ name: 'http', port }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP: 'None', selector: { app: name }, ports },
  };
}

function configMap(name: string, data: Readonly<Record<string, unknown>>): object {
  const files = Object.entries(data).map(([file, value]) => [file, JSON.stringify(value)]);
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: Object.fromEntries(files) };
}

const prometheusConfiguration = {
  global: { scrape_interval: '1s', evaluation_interval: '1s' },
  rule_files: ['/etc/prometheus/rules.json'],
  alerting: { alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }] },
  scrape_configs: [
    ...[
      ['prometheus', 'prometheus:9090'],
      ['alertmanager', 'alertmanager:9093'],
      ['kube-state-metrics', 'kube-state-metrics:8080'],
      ['reloader', 'reloader:8080'],
      ['grafana', 'grafana:3000'],
      ['node-exporter', `${addresses.node}:9100`],
    ].map(([job, target]) => ({ job_name: job, static_configs: [{ targets: [target] }] })),
    { job_name: 'pods', kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] } }] },
  ],
};

describe('the images of a monitoring stack', () => {
  const cluster = testCluster();

  beforeAll(async () => {
    await cluster.images.loadFor(Object.values(images));
    const rule = { alert: 'AlwaysFiring', expr: 'vector(1)', labels: { severity: 'none' } };
    const receiver = { name: 'webhook', webhook_configs: [{ url: 'http://webhook-receiver:8080/alerts' }] };
    const route = { receiver: 'webhook', group_wait: '1s' };
    const source = { name: 'Prometheus', uid: 'prometheus', type: 'prometheus', access: 'proxy', isDefault: true };
    const provider = { name: 'files', type: 'file', options: { path: '/dashboards' } };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const subjects = [{ kind: 'ServiceAccount', name: 'viewer', namespace }];
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await cluster.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'viewer', namespace } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: namespace },
        roleRef,
        subjects,
      },
      configMap('prometheus', {
        'prometheus.yml': prometheusConfiguration,
        'rules.json': { groups: [{ name: 'test', rules: [rule] }] },
      }),
      configMap('alertmanager', { 'alertmanager.yml': { route, receivers: [receiver] } }),
      { ...configMap('grafana', {}), data: { 'grafana.ini': '[security]\nadmin_password = from-file\n' } },
      configMap('data-sources', {
        'all.yaml': { apiVersion: 1, datasources: [{ ...source, url: 'http://prometheus:9090' }] },
      }),
      configMap('providers', { 'all.yaml': { apiVersion: 1, providers: [provider] } }),
      configMap('dashboards', { 'empty.json': { uid: 'empty', title: 'Empty', panels: [] } }),

      pod('webhook-receiver', { image: images.webhookReceiver }),
      pod('prometheus', {
        image: images.prometheus,
        writable: ['/prometheus'],
        files: { '/etc/prometheus': 'prometheus' },
      }),
      pod('alertmanager', {
        image: images.alertmanager,
        args: ['--config.file=/etc/alertmanager/alertmanager.yml', '--cluster.listen-address='],
        writable: ['/alertmanager'],
        files: { '/etc/alertmanager': 'alertmanager' },
      }),
      pod('kube-state-metrics', {
        image: images.kubeStateMetrics,
        args: [`--namespaces=${namespace}`, '--resources=pods'],
      }),
      pod('reloader', {
        image: images.reloader,
        args: ['--reload-url=http://prometheus:9090/-/reload', '--watched-dir=/watched', '--listen-address=:8080'],
        files: { '/watched': 'prometheus' },
      }),
      pod('node-exporter', { image: images.nodeExporter, hostNetwork: true }),
      pod('grafana', {
        image: images.grafana,
        writable: ['/var/lib/grafana'],
        files: {
          '/etc/grafana': 'grafana',
          '/etc/grafana/provisioning/datasources': 'data-sources',
          '/etc/grafana/provisioning/dashboards': 'providers',
          '/dashboards': 'dashboards',
        },
      }),
      service('webhook-receiver', 8080),
      service('prometheus', 9090),
      service('alertmanager', 9093),
      service('kube-state-metrics', 8080),
      service('reloader', 8080),
      service('grafana', 3000),
    ]);
    await cluster.kubectl(['wait', '-n', namespace, '--for=condition=Ready', 'pod', '--all', '--timeout=90s']);
  });

  const addressOf = async (name: string): Promise<string> => {
    const object = await cluster.get<{ status: { podIP: string } }>(['pod', '-n', namespace, name]);
    return object.status.podIP;
  };

  /** A request from the node, which reaches pods as a test's own client. */
  const fetchFrom = async (name: string, port: number, path: string, credentials: readonly string[] = []) => {
    const url = `http://${await addressOf(name)}:${port}${path}`;
    return JSON.parse(await cluster.inside([cluster.handle.tools.toolbox ?? '', 'get', ...credentials, url]));
  };

  it('run without rights, and Prometheus scrapes them all', async () => {
    await eventually('targets that are up', async () => {
      const answer = await fetchFrom('prometheus', 9090, '/api/v1/query?query=up%7Bjob!="pods"%7D');
      const up = (answer.data.result as { metric: { job: string }; value: [number, string] }[])
        .map(({ metric, value }) => `${metric.job}=${value[1]}`)
        .sort();
      expect(up).toEqual([
        ...['alertmanager=1', 'grafana=1', 'kube-state-metrics=1', 'node-exporter=1', 'prometheus=1', 'reloader=1'],
      ]);
    });
  });

  it('see the node of the cluster, not the machine around it', async () => {
    const names = await fetchFrom('prometheus', 9090, '/api/v1/query?query=node_uname_info');
    expect(names.data.result[0].metric.nodename).toBe('node1');
    const links = await fetchFrom('prometheus', 9090, '/api/v1/query?query=node_network_info%7Bdevice="node"%7D');
    expect(links.data.result).toHaveLength(1);
  });

  it('discover pods through the API server', async () => {
    const answer = await fetchFrom('prometheus', 9090, '/api/v1/targets?state=any&scrapePool=pods');
    const discovered = [...answer.data.activeTargets, ...answer.data.droppedTargets] as {
      discoveredLabels: Record<string, string>;
    }[];
    const names = discovered.map((target) => target.discoveredLabels.__meta_kubernetes_pod_name);
    expect(names).toEqual(expect.arrayContaining(['prometheus', 'alertmanager', 'grafana', 'node-exporter']));
  });

  it('carry an alert from Prometheus through Alertmanager to a webhook', async () => {
    await eventually('webhook', async () => {
      const received: { path: string; body: { alerts: { labels: { alertname: string } }[] } }[] = await fetchFrom(
        'webhook-receiver',
        8080,
        '/received',
      );
      expect(received[0]?.path).toBe('/alerts');
      expect(received[0]?.body.alerts[0]?.labels.alertname).toBe('AlwaysFiring');
    });
  });

  it('let the stand-in for Grafana ask Prometheus, with the credentials of its administrator only', async () => {
    const credentials = ['--user', 'admin:from-file'];
    const path = '/api/datasources/proxy/uid/prometheus/api/v1/query?query=up%7Bjob="grafana"%7D';
    const answer = await fetchFrom('grafana', 3000, path, credentials);
    expect(answer.data.result[0].value[1]).toBe('1');
    expect(await fetchFrom('grafana', 3000, '/api/datasources/uid/prometheus/health', credentials)).toMatchObject({
      status: 'OK',
    });
    const found = await fetchFrom('grafana', 3000, '/api/search', credentials);
    expect(found.map((dashboard: { title: string }) => dashboard.title)).toEqual(['Empty']);
    await expect(fetchFrom('grafana', 3000, path)).rejects.toThrow('401 Unauthorized');
  });

  it('give a world to judge NetworkPolicies by', async () => {
    await cluster.apply([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'grafana', namespace },
        spec: {
          podSelector: { matchLabels: { app: 'grafana' } },
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }], ports: [{ port: 3000 }] }],
        },
      },
    ]);
    const evaluator = new NetworkPolicyEvaluator(await readPolicyWorld(cluster));
    const to = await addressOf('grafana');
    expect(evaluator.isAllowed({ from: await addressOf('prometheus'), to, port: 3000 })).toBe(true);
    expect(evaluator.isAllowed({ from: await addressOf('alertmanager'), to, port: 3000 })).toBe(false);
    expect(evaluator.isAllowed({ from: addresses.node, to, port: 3000 })).toBe(false);
  });
});
