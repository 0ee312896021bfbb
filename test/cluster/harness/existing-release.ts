import { ApiObject, App, Chart, JsonPatch } from 'cdk8s';
import { alert, Backend, ClusterProfile, MonitoringStack, Receiver, Routing } from '../../../lib';

/** The label by which the release selects monitors, rules and AlertmanagerConfigs. */
export const RELEASE = { release: 'kps' };
/** Namespace of the release. */
export const MONITORING = 'monitoring';
/** Namespace of a workload that somebody wants to monitor, and of the receiver of all notifications. */
export const SHOP = 'shop';
/** After this the release notifies again. */
export const REPEAT_SECONDS = 10;
/** Images of what is not synthesized. */
export const SHOP_IMAGES = {
  api: 'quay.io/prometheus/node-exporter:v1.12.1-distroless',
  receiver: 'registry.local/webhook-receiver:1',
};

const INTERVALS = { scrapeInterval: '5s', scrapeTimeout: '5s', evaluationInterval: '5s' };

/** A receiver whose notifications arrive at a path of its name. */
export const webhook = (name: string) =>
  Receiver.webhook(name, { url: `http://receiver.${SHOP}.svc:8080/${name}`, sendResolved: false });

/**
 * What stands for a release of kube-prometheus-stack: selectors by its label, AlertmanagerConfigs of its own namespace
 * for the alerts of every namespace, and a Prometheus that may find targets everywhere.
 */
export function buildRelease(outdir: string): void {
  const app = new App({ outdir });
  const stack = new MonitoringStack(app, 'kps', {
    cluster: ClusterProfile.kubeadm('training-1'),
    backend: Backend.operator({ selectorLabels: RELEASE }),
    prometheus: INTERVALS,
    alerting: Routing.to(webhook('default'), {
      groupWait: '1s',
      groupInterval: '5s',
      repeatInterval: `${REPEAT_SECONDS}s`,
    }).when({ severity: ['none', 'critical'] }, webhook('release')),
    nodeExporter: false,
    kubeStateMetrics: false,
    kubernetes: false,
    grafana: false,
  });
  stack.monitor({
    name: 'unrouted',
    rules: [
      alert('Unrouted', { expr: 'vector(1)', severity: 'warning', summary: 'No route of the release takes it.' }),
    ],
  });
  // The operator's own label, which that chart does not take away.
  stack.prometheus.resource.addJsonPatch(JsonPatch.remove('/spec/prometheusExternalLabelName'));
  stack.alertmanager?.resource.addJsonPatch(
    JsonPatch.add('/spec/alertmanagerConfigSelector', { matchLabels: RELEASE }),
    JsonPatch.add('/spec/alertmanagerConfigMatcherStrategy', { type: 'None' }),
  );
  const chart = new Chart(app, 'discovery');
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name: 'kps-discovery', labels: { 'app.kubernetes.io/managed-by': 'cdk8s' } };
  const verbs = ['get', 'list', 'watch'];
  new ApiObject(chart, 'role', {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['services', 'pods'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  });
  new ApiObject(chart, 'binding', {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: MONITORING }],
  });
  app.synth();
}

/** The workload of the test, and the receiver of its notifications. */
export function shop(): readonly object[] {
  const pod = (name: string, image: string, port: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: SHOP, labels: { app: name } },
    spec: { containers: [{ name: 'main', image, ports: [port] }] },
  });
  const service = (name: string, port: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: SHOP, labels: { app: name } },
    spec: { selector: { app: name }, ports: [port] },
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } },
    pod('api', SHOP_IMAGES.api, { name: 'metrics', containerPort: 9100 }),
    service('api', { name: 'metrics', port: 9100, targetPort: 'metrics' }),
    pod('receiver', SHOP_IMAGES.receiver, { containerPort: 8080 }),
    service('receiver', { port: 8080 }),
  ];
}
