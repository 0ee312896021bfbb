import { Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLUSTER_NETWORK } from '../../lib/core/cluster-network';
import { Exposure } from '../../lib/core/exposure';
import { Images } from '../../lib/core/images';
import { Peer } from '../../lib/core/peer';
import { Storage } from '../../lib/core/storage';
import { Auth } from '../../lib/grafana/auth';
import { DataSource } from '../../lib/grafana/data-source';
import type { GrafanaProps } from '../../lib/grafana/grafana-props';
import { ConfigMapKey, SecretKey, SecretName } from '../../lib/model/references';
import { problemsOf, Synthesized } from './synthesized';

/** `exposure` stands for `host`, `tls` and `ingress`. */
const props: Required<Omit<GrafanaProps, 'exposure'>> = {
  name: 'dashboards',
  namespace: 'observability',
  labels: { team: 'platform' },
  annotations: { 'example.com/owner': 'platform' },
  podLabels: { tier: 'frontend' },
  podAnnotations: { 'example.com/pod': 'yes' },
  images: Images.of({ mirror: 'registry.example.com/mirror' }),
  imagePullSecrets: ['pull'],
  resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '2Gi' } },
  nodeSelector: { pool: 'infra' },
  tolerations: [{ key: 'infra', operator: 'Exists' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
  ],
  priorityClassName: 'high',
  extraArgs: ['--profile'],
  extraEnv: [{ name: 'TZ', value: 'UTC' }],
  networkPolicy: true,
  userIds: 'assigned',
  network: {
    ...DEFAULT_CLUSTER_NETWORK,
    dns: { peer: Peer.cidrs('169.254.20.10/32'), ports: [{ port: 53, protocol: 'UDP' }] },
  },
  replicas: 2,
  storage: Storage.claim({ size: Size.gibibytes(5), accessModes: ['ReadWriteMany'] }),
  database: {
    type: 'mysql',
    host: 'mysql.data.svc:3306',
    name: 'graf',
    user: SecretKey.of('db', 'user'),
    password: SecretKey.of('db', 'password'),
    sslMode: 'skip-verify',
    ca: ConfigMapKey.of('db-ca', 'ca.crt'),
    maxOpenConnections: 20,
  },
  admin: SecretName.of('root'),
  auth: [Auth.proxy({ whitelist: ['10.0.0.0/8'] })],
  anonymousViewer: true,
  host: 'grafana.example.com',
  tls: SecretName.of('grafana-tls'),
  ingress: { className: 'nginx', annotations: { 'example.com/ingress': 'yes' } },
  allowFrom: [Peer.namespace('ingress-nginx')],
  dataSources: [DataSource.prometheus({ url: 'http://prometheus.observability:9090' })],
  dashboards: [{ uid: 'gpu', title: 'GPU', model: {} }],
  homeDashboard: 'gpu',
  dashboardUpdateIntervalSeconds: 77,
  alerting: true,
  plugins: ['grafana-clock-panel@2.1.8'],
  security: {
    secretKey: SecretKey.of('grafana-key', 'key'),
    allowEmbedding: true,
    cookieSameSite: 'strict',
    contentSecurityPolicy: true,
    strictTransportSecurity: true,
  },
  users: { autoAssignOrgRole: 'Editor', defaultTheme: 'light', defaultLanguage: 'de-DE' },
  log: { level: 'debug', format: 'json', filters: ['rendering:debug'] },
  smtp: {
    host: 'smtp.example.com:587',
    fromAddress: 'grafana@example.com',
    fromName: 'Dashboards',
    user: 'mailer',
    password: SecretKey.of('smtp', 'password'),
    startTlsPolicy: 'MandatoryStartTLS',
    skipVerify: true,
  },
  config: { dataproxy: { timeout: 61 } },
};

/** What shows in the output that a property arrived. */
const traces: Record<keyof typeof props, readonly string[]> = {
  name: ['"name":"dashboards"', 'app.kubernetes.io/instance":"dashboards'],
  namespace: ['"namespace":"observability"'],
  labels: ['"team":"platform"'],
  annotations: ['"example.com/owner":"platform"'],
  podLabels: ['"tier":"frontend"'],
  podAnnotations: ['"example.com/pod":"yes"'],
  images: ['registry.example.com/mirror/grafana/grafana:'],
  imagePullSecrets: ['"imagePullSecrets":[{"name":"pull"}]'],
  resources: ['"cpu":"250m"', '"memory":"2Gi"'],
  nodeSelector: ['"nodeSelector":{"pool":"infra"}'],
  tolerations: ['"tolerations":[{"key":"infra","operator":"Exists"}]'],
  affinity: ['"nodeAffinity"'],
  topologySpreadConstraints: ['topology.kubernetes.io/zone'],
  priorityClassName: ['"priorityClassName":"high"'],
  extraArgs: ['"args":["--profile"]'],
  extraEnv: ['{"name":"TZ","value":"UTC"}'],
  networkPolicy: ['"kind":"NetworkPolicy"'],
  userIds: ['"securityContext":{"runAsNonRoot":true,"seccompProfile"'],
  network: ['169.254.20.10/32'],
  replicas: ['"replicas":2', 'PodDisruptionBudget'],
  storage: ['"storage":"5Gi"', 'ReadWriteMany', '"type":"Recreate"'],
  database: [
    'type = mysql',
    'host = mysql.data.svc:3306',
    'name = graf\\n',
    'user = $__file{/etc/grafana/mounted/secrets/db/user}',
    'password = $__file{/etc/grafana/mounted/secrets/db/password}',
    'ssl_mode = skip-verify',
    'ca_cert_path = /etc/grafana/mounted/configmaps/db-ca/ca.crt',
    'max_open_conn = 20',
  ],
  admin: ['{"key":"admin-password","name":"root"}'],
  auth: ['[auth.proxy]', 'whitelist = 10.0.0.0/8'],
  anonymousViewer: ['\\norg_role = Viewer'],
  host: ['"host":"grafana.example.com"', 'domain = grafana.example.com'],
  tls: ['"secretName":"grafana-tls"', 'root_url = https://grafana.example.com/'],
  ingress: ['"ingressClassName":"nginx"', '"example.com/ingress":"yes"'],
  allowFrom: ['"kubernetes.io/metadata.name":"ingress-nginx"'],
  dataSources: ['http://prometheus.observability:9090'],
  dashboards: ['"name":"dashboards-dashboard-gpu"'],
  homeDashboard: ['default_home_dashboard_path = /var/lib/grafana/dashboards/general/gpu.json'],
  dashboardUpdateIntervalSeconds: ['updateIntervalSeconds: 77'],
  alerting: ['[unified_alerting]\\nenabled = true'],
  plugins: ['preinstall_sync = grafana-clock-panel@2.1.8'],
  security: [
    'secret_key = $__file{/etc/grafana/mounted/secrets/grafana-key/key}',
    'allow_embedding = true',
    'cookie_samesite = strict',
    'content_security_policy = true',
    'strict_transport_security = true',
  ],
  users: ['auto_assign_org_role = Editor', 'default_theme = light', 'default_language = de-DE'],
  log: ['level = debug', 'format = json', 'filters = rendering:debug'],
  smtp: [
    'host = smtp.example.com:587',
    'from_address = grafana@example.com',
    'from_name = Dashboards',
    'user = mailer',
    'password = $__file{/etc/grafana/mounted/secrets/smtp/password}',
    'startTLS_policy = MandatoryStartTLS',
    'skip_verify = true',
  ],
  config: ['[dataproxy]\\ntimeout = 61'],
};

describe('all properties at once', () => {
  const synthesized = new Synthesized(props);
  const synthesizedByDefault = new Synthesized();

  it('are no problem', () => {
    expect(problemsOf(props)).toEqual([]);
  });

  it.each(Object.entries(traces))('%s reaches the output', (property, expected) => {
    for (const trace of expected) {
      expect(synthesized.text).toContain(trace);
    }
    if (property !== 'networkPolicy') {
      expect(expected.some((trace) => !synthesizedByDefault.text.includes(trace))).toBe(true);
    }
  });

  it('reach the output as exposure, too', () => {
    const exposure = Exposure.gateway({ host: 'g.example.com', path: '/grafana', parentRefs: [{ name: 'public' }] });
    const byGateway = new Synthesized({ exposure });
    expect(byGateway.get('HTTPRoute').spec).toMatchObject({ hostnames: ['g.example.com'] });
    expect(byGateway.section('server')).toEqual([
      'domain = g.example.com',
      'http_port = 3000',
      'root_url = https://g.example.com/grafana/',
      'serve_from_sub_path = true',
    ]);
    expect(problemsOf({ exposure, host: 'g.example.com', tls: SecretName.of('t'), ingress: {} })).toEqual(
      ['host', 'tls', 'ingress'].map(
        (property) => `chart/grafana ${property}: The property exposure says it already. Remove one of them.`,
      ),
    );
    const bad = Exposure.gateway({ host: 'G', parentRefs: [{ name: 'public' }] });
    expect(problemsOf({ exposure: bad })).toEqual([expect.stringContaining('chart/grafana/exposure host: "G" is not')]);
  });

  it('give the same text again', () => {
    expect(new Synthesized(props).text).toBe(synthesized.text);
  });

  it('never put a selector on what moves, nor a secret into the output', () => {
    expect(synthesized.get('Deployment').spec.selector).toEqual({
      matchLabels: { 'app.kubernetes.io/instance': 'dashboards', 'app.kubernetes.io/name': 'grafana' },
    });
    expect(synthesized.all('Secret')).toEqual([]);
    const secretLines = synthesized.ini
      .split('\n')
      .filter((line) => /^\w*(password|secret|secret_key)\w* =/.test(line));
    expect(secretLines).toHaveLength(3);
    for (const line of secretLines) {
      expect(line).toMatch(/ = \$__file\{\/etc\/grafana\/mounted\/secrets\/[^}]+\}$/);
    }
  });
});
