import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { describe, expect, it } from 'vitest';
import { ServiceMonitor } from '../imports/monitoring.coreos.com';
import {
  type Alertmanager,
  alert,
  Backend,
  ClusterProfile,
  MonitoringStack,
  type MonitoringStackProps,
  Receiver,
  Relabel,
  Routing,
  record,
  ScrapeTarget,
  SecretKey,
  type StandalonePrometheus,
  Storage,
  SynthesisError,
} from '../lib';

/** What a user who errs sees: every fault at once, each with its place, and nothing written. */
function problemsOf(
  props: Partial<MonitoringStackProps>,
  also: (stack: MonitoringStack, app: App) => void = () => undefined,
) {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'bad-input-')) });
  const stack = new MonitoringStack(app, 'monitoring', {
    cluster: ClusterProfile.kubeadm('training-1'),
    alerting: Routing.none(),
    ...props,
  });
  also(stack, app);
  try {
    app.synth();
  } catch (error) {
    expect(error).toBeInstanceOf(SynthesisError);
    expect(readdirSync(app.outdir)).toEqual([]);
    return (error as SynthesisError).problems.map(({ path, property, message }) => `${path}  ${property}: ${message}`);
  }
  return [];
}

function service(app: App, namespace = 'shop'): k8s.KubeService {
  const chart = new Chart(app, 'shop', { namespace, disableResourceNameHashes: true });
  const ports = [
    { name: 'http', port: 80 },
    { name: 'admin', port: 8081 },
  ];
  return new k8s.KubeService(chart, 'api', {
    metadata: { name: 'api', labels: { app: 'api' } },
    spec: { selector: { app: 'api' }, ports },
  });
}

function deployment(app: App, labels: Record<string, string>): void {
  const chart = app.node.findChild('shop') as Chart;
  const containers = [{ name: 'main', image: 'shop/api:1', ports: [{ name: 'http', containerPort: 8080 }] }];
  new k8s.KubeDeployment(chart, 'deployment', {
    metadata: { name: 'api' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
}

const prometheus = 'monitoring-prometheus/prometheus';

it('accepts what is right', () => {
  expect(problemsOf({})).toEqual([]);
});

describe('Prometheus', () => {
  it('names a bad duration, a bad size and what is allowed', () => {
    expect(problemsOf({ prometheus: { retention: '5 days', retentionSize: '10 gigs', scrapeInterval: '30' } })).toEqual(
      [
        `${prometheus}  retention: "5 days" is not a duration. Allowed: a number and a unit of ms, s, m, h, d, w, y, largest first, such as 30s or 1h30m`,
        `${prometheus}  scrapeInterval: "30" is not a duration. Allowed: a number and a unit of ms, s, m, h, d, w, y, largest first, such as 30s or 1h30m`,
        expect.stringContaining(`${prometheus}  retentionSize: "10 gigs" is not a size`),
      ],
    );
  });

  it('compares timeout and interval, retention and volume, replicas and 1', () => {
    const storage = Storage.claim({ size: Size.gibibytes(10) });
    expect(problemsOf({ prometheus: { scrapeInterval: '5s', storage, retentionSize: '10GB', replicas: 0 } })).toEqual([
      `${prometheus}  replicas: 0 received. Allowed: a whole number, 1 or more.`,
      `${prometheus}  scrapeTimeout: 10s is longer than the scrapeInterval 5s. Allowed: at most the interval.`,
      `${prometheus}  retentionSize: 10GB does not fit the storage of 10 GiB, which also holds the write-ahead log. Allowed: at most 90 % of it, 9216MB.`,
    ]);
  });

  it('finds literal secrets, credentials in clear text and bad labels', () => {
    const found = problemsOf({
      prometheus: {
        externalLabels: { 'data-center': 'a' },
        remoteWrite: [
          { url: 'http://write.example.com', authorization: { credentials: 's3cret' } },
          { url: 'https://user:pw@write.example.com' },
          { url: 'write.example.com' },
        ],
        rawScrapeConfigs: [{ job_name: 'raw', basic_auth: { username: 'a', password: 'b' } }],
      },
    });
    expect(found).toEqual([
      `${prometheus}  externalLabels: "data-center" is not a label name. Allowed: letters, digits and underscores, not starting with a digit.`,
      `${prometheus}/remoteWrite[0]  authorization: Credentials would travel over plain http, where anyone on the network reads them. Set scheme to https, or remove them.`,
      `${prometheus}/remoteWrite[0]  authorization.credentials: A literal credential is not allowed. Allowed: SecretKey.of(secret, key), or the absolute path of a file in the container.`,
      `${prometheus}/remoteWrite[1]  url: The URL to write.example.com holds a password. Refer to a Secret instead.`,
      `${prometheus}/remoteWrite[2]  url: "write.example.com" is not a URL. Allowed: an absolute one, such as https://host.example.com/path.`,
      `${prometheus}/rawScrapeConfigs/raw  basic_auth.password: A literal secret would be written to the output. Use the *_file form.`,
    ]);
  });

  it('refuses names, labels and quantities that Kubernetes would refuse', () => {
    const found = problemsOf({
      prometheus: {
        name: 'Prometheus',
        labels: { 'a b': 'c' },
        resources: { requests: { memory: '1 GB' } },
        extraArgs: ['flag'],
      },
    });
    expect(found).toEqual([
      `${prometheus}  name: "Prometheus" received. Allowed: lower-case letters, digits and -, at most 63 characters.`,
      `${prometheus}  labels: "a b: c" is no Kubernetes label.`,
      expect.stringContaining(`${prometheus}  resources.requests.memory: "1 GB" is not a quantity`),
      `${prometheus}  extraArgs: "flag" received. Allowed: flags, each complete in one text, such as --flag=value.`,
    ]);
  });
});

describe('scrape targets', () => {
  it('must name a port of their Service', () => {
    const found = problemsOf({}, (stack, app) => {
      stack.monitor(ScrapeTarget.service(service(app), { port: 'admn' }));
    });
    expect(found).toEqual([
      `${prometheus}/api/ScrapeTarget api  port: Service shop/api has no port "admn"; it has: http (80), admin (8081). Did you mean "admin"?`,
    ]);
  });

  it('must select a workload where the app deploys some', () => {
    const found = problemsOf({}, (stack, app) => {
      const api = service(app);
      deployment(app, { app: 'apj' });
      stack.monitor(ScrapeTarget.service(api, { port: 'http' }));
      stack.monitor(ScrapeTarget.pods({ namespace: 'shop', matchLabels: { app: 'other' } }));
      stack.monitor(ScrapeTarget.pods({ namespace: 'shop', matchLabels: { app: 'foreign' }, external: true }));
      stack.monitor(ScrapeTarget.pods({ namespace: 'elsewhere', matchLabels: { app: 'unknown' } }));
    });
    expect(found).toEqual([
      `${prometheus}/api/ScrapeTarget api  service: The selector app=api matches no pod of this app in namespace shop; it deploys there: Deployment shop/api. Correct the labels, or set external: true if someone else deploys the pods.`,
      `${prometheus}/other/ScrapeTarget other  matchLabels: The selector app=other matches no pod of this app in namespace shop; it deploys there: Deployment shop/api. Correct the labels, or set external: true if someone else deploys the pods.`,
    ]);
  });

  it('must name a port that the container has', () => {
    const found = problemsOf({}, (stack, app) => {
      service(app);
      deployment(app, { app: 'api' });
      stack.monitor(ScrapeTarget.pods({ namespace: 'shop', matchLabels: { app: 'api' }, port: 9102 }));
    });
    expect(found).toEqual([
      `${prometheus}/api/ScrapeTarget api  port: Deployment shop/api has no container port 9102; it has: http (8080).`,
    ]);
  });

  it('are compared with the interval of the Prometheus where they have none', () => {
    const found = problemsOf({}, (stack) => {
      stack.monitor(ScrapeTarget.hosts(['a:1'], { job: 'slow', timeout: '1m' }));
    });
    expect(found).toEqual([
      `${prometheus}/slow/ScrapeTarget slow  timeout: 1m is longer than the interval 30s. Allowed: at most the interval.`,
    ]);
  });

  it('have intervals, regexes and jobs that Prometheus takes', () => {
    const found = problemsOf({}, (stack) => {
      stack.monitor(
        ScrapeTarget.hosts(['http://a', 'b:1'], {
          job: 'x',
          interval: '5s',
          timeout: '10s',
          path: 'metrics',
          relabelings: [Relabel.keep('a', '(?=b)'), { action: 'hashmod', sourceLabels: ['a'] }],
          sampleLimit: -1,
          bodySizeLimit: 'big',
        }),
      );
      stack.monitor(ScrapeTarget.hosts(['c:1'], { job: 'x' }));
      stack.monitor(ScrapeTarget.pods({ matchLabels: {} }));
    });
    const at = `${prometheus}/x/ScrapeTarget x`;
    expect(found).toEqual([
      `${at}  sampleLimit: -1 received. Allowed: a whole number, 0 for unlimited.`,
      expect.stringContaining(`${at}  bodySizeLimit: "big" is not a size`),
      `${at}  hosts: "http://a" received. Allowed: host:port, without a scheme or path.`,
      `${at}  timeout: 10s is longer than the interval 5s. Allowed: at most the interval.`,
      `${at}  path: "metrics" received. Allowed: a path that starts with /.`,
      expect.stringContaining(`${at}  relabelings[0].regex: `),
      `${at}  relabelings[1].targetLabel: It is missing; the action hashmod needs it.`,
      `${at}  relabelings[1].modulus: undefined received; hashmod needs a whole number above 0.`,
      `${prometheus}/x  job: "x" is the job of another target. Allowed: a job of its own.`,
      `${prometheus}//ScrapeTarget (without a job)  job: It cannot be derived from the selector; set it.`,
      `${prometheus}//ScrapeTarget (without a job)  matchLabels: An empty selector would scrape everything. Name at least one label.`,
    ]);
  });
});

describe('rules', () => {
  const rule = { expr: 'up == 0', severity: 'warning', summary: 'Down' } as const;

  it('show where the PromQL is wrong', () => {
    const [found] = problemsOf({}, (stack) => {
      stack.monitor({
        name: 'queue',
        rules: [alert('QueueStuck', { ...rule, expr: 'sum by (queue (rate(done_total[5m])) == 0' })],
      });
    });
    expect(found).toContain(`${prometheus}/queue/rules/QueueStuck  expr: syntax error at line 1, column 9`);
    expect(found).toMatch(/\n\s+\^/);
  });

  it('are checked for types, templates, durations and names', () => {
    const found = problemsOf({}, (stack) => {
      stack.monitor({
        name: 'queue',
        rules: [
          alert('A', { ...rule, expr: 'rate(done_total)' }),
          alert('B', { ...rule, for: '5 minutes', summary: 'Queue {{ $labels.queue }' }),
          alert('C', { ...rule, labels: { severity: 'critical' } }),
          alert('C', rule),
          record('level-metric', { expr: 'sum(up)' }),
        ],
      });
    });
    expect(found).toEqual([
      expect.stringContaining(`${prometheus}/queue/rules/A  expr: `),
      expect.stringContaining(`${prometheus}/queue/rules/B  for: "5 minutes" is not a duration`),
      expect.stringContaining(`${prometheus}/queue/rules/B  summary: `),
      `${prometheus}/queue/rules/C  labels: "severity" is set by the property severity (warning).`,
      expect.stringContaining(`${prometheus}/queue/rules/level-metric  name: "level-metric" is not a metric name`),
      `${prometheus}/queue/rules/C  name: Another rule has the same name and the same labels.`,
    ]);
  });

  it('exist once', () => {
    const found = problemsOf({}, (stack) => {
      stack.monitor({ name: 'queue', rules: [alert('A', rule), alert('A', rule)] });
      stack.monitor({ name: 'other', rules: [{ name: 'queue', rules: [] }] });
    });
    expect(found).toEqual([
      `${prometheus}/queue/rules/A  name: Another rule has the same name and the same labels.`,
      `${prometheus}/other  rules: The group "queue" exists already. Allowed: a name of its own.`,
    ]);
  });
});

describe('the stack', () => {
  it('refuses floating images, and options that name nothing', () => {
    const found = problemsOf({
      images: { override: { grafana: 'grafana/grafana:latest' } },
      nodeExporter: { enableCollectors: ['systemdd' as never] },
      kubeStateMetrics: { objects: ['pods', 'deployment' as never], labelAllowlist: { nodes: ['a'] } },
    });
    expect(found).toEqual([
      `monitoring-kube-state-metrics/kube-state-metrics  objects: "deployment" is no kind that kube-state-metrics reads. Did you mean "deployments"?`,
      `monitoring-kube-state-metrics/kube-state-metrics  labelAllowlist: "nodes" is not read, so it has no labels. Add it to objects.`,
      `monitoring-node-exporter/node-exporter  enableCollectors: "systemdd" is no collector of node-exporter. Did you mean "systemd"?`,
      `monitoring-grafana/grafana/Deployment/grafana  image: "grafana/grafana:latest" is :latest, so it may be another program tomorrow. Pin a version or a digest.`,
    ]);
  });

  it('refuses a route to a receiver that nobody defined', () => {
    const [found] = problemsOf({ alerting: Routing.to(Receiver.none('chat')).when({ severity: 'critical' }, 'cat') });
    expect(found).toMatch(/monitoring-alertmanager\/alertmanager.*"cat".*Did you mean "chat"\?/s);
  });

  it('refuses a ConfigMap that no cluster takes', () => {
    const found = problemsOf({}, (stack) => {
      const rules = Array.from({ length: 3000 }, (_, index) =>
        alert(`Rule${index}`, { expr: 'up == 0', severity: 'info', summary: 'x'.repeat(300) }),
      );
      stack.monitor({ name: 'huge', rules: [{ name: 'huge', rules }] });
    });
    expect(found).toEqual([
      expect.stringMatching(
        /^monitoring-prometheus\/prometheus\/Rules\/\d+ {2}data: ConfigMap monitoring\/prometheus-rules-\d+ has \d+ bytes; Kubernetes takes at most 1048576\. Split it\.$/,
      ),
    ]);
  });

  it('refuses a routing without an Alertmanager, and thresholds that are no share', () => {
    const found = problemsOf({ alertmanager: false, kubernetes: { containerCpuThreshold: 80 } });
    expect(found).toEqual([
      'monitoring  alerting: There is no Alertmanager that could route (alertmanager: false). Leave one of them out.',
      'monitoring/kubernetes  containerCpuThreshold: 80 received. Allowed: a share, above 0 and up to 1.',
    ]);
  });

  it('cannot be inside a Chart, and says so', () => {
    const chart = new Chart(new App(), 'chart');
    expect(() => new MonitoringStack(chart, 'monitoring', { cluster: ClusterProfile.kubeadm('a') })).toThrow(
      'chart/monitoring: a MonitoringStack makes charts of its own, so its scope cannot be inside a Chart (chart is). Allowed: the App.',
    );
  });

  it('reports faults of all parts together', () => {
    const found = problemsOf({
      prometheus: { retention: 'x' },
      images: { mirror: 'https://mirror' },
      nodeExporter: { textfileDirectory: 'relative' },
    });
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(new Set(found.map((problem) => problem.split('/')[0])).size).toBeGreaterThanOrEqual(3);
  });
});

describe('the operator back end refuses at synth what the operator would ignore in silence', () => {
  const backend = Backend.operator() as unknown as Backend<StandalonePrometheus, Alertmanager>;
  const target = (options: object) =>
    problemsOf({ backend }, (stack) =>
      stack.monitor(ScrapeTarget.services({ job: 'api', namespace: 'shop', matchLabels: { app: 'api' }, ...options })),
    );
  const at = 'monitoring-prometheus/prometheus/api/ScrapeTarget api';

  it.each<[string, object, string]>([
    [
      'honorLabels with a relabeling that drops the wrong side',
      { honorLabels: true, metricRelabelings: [Relabel.labelDrop('pod|namespace')] },
      'metricRelabelings[0]: It drops namespace, pod of the exposition, which honorLabels: true keeps. ' +
        "To be rid of the target's labels, drop them by relabelings; to be rid of the exposition's, leave honorLabels out.",
    ],
    [
      'a bearer token over http',
      { bearerTokenFile: '/var/run/secrets/token' },
      'authorization: Credentials would travel over plain http, where anyone on the network reads them. Set scheme to ' +
        'https, or remove them.',
    ],
    [
      'a certificate without its key',
      { scheme: 'https', tls: { cert: SecretKey.of('client', 'tls.crt') } },
      'tls.key: A client certificate needs both cert and key.',
    ],
    [
      'an authority from both a Secret and a ConfigMap',
      { scheme: 'https', tls: { ca: { secret: { name: 'ca', key: 'a' }, configMap: { name: 'ca', key: 'a' } } } },
      'tls.ca: Allowed: one of SecretKey.of(secret, key), ConfigMapKey.of(configMap, key) or the absolute path of a ' +
        'file in the container.',
    ],
    [
      'an interval shorter than the timeout',
      { interval: '5s', timeout: '10s' },
      'timeout: 10s is longer than the interval 5s. Allowed: at most the interval.',
    ],
  ])('%s', (_, options, message) => {
    const [property = '', ...rest] = message.split(': ');
    expect(target(options)).toContain(`${at}  ${property}: ${rest.join(': ')}`);
  });

  it("a monitor of one's own outside of the namespaces in which Prometheus looks", () => {
    const problems = problemsOf({ backend }, (_stack, app) => {
      const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
      new ServiceMonitor(chart, 'api', {
        metadata: { name: 'api', labels: { prometheus: 'prometheus' } },
        spec: { selector: { matchLabels: { app: 'api' } }, endpoints: [{ port: 'http' }] },
      });
    });
    expect(problems).toEqual([
      'monitoring-prometheus/prometheus/(shop/api)  metadata.namespace: ServiceMonitor shop/api bears the labels of this ' +
        'Prometheus, which looks only in monitoring, so it would be ignored. Move it there, or set ' +
        "foreignMonitors: { namespaces: ['shop'] }.",
    ]);
  });
});
