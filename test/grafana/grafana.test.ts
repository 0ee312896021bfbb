import { Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Peer } from '../../lib/core/peer';
import { Storage } from '../../lib/core/storage';
import { Auth } from '../../lib/grafana/auth';
import { DataSource } from '../../lib/grafana/data-source';
import type { Grafana } from '../../lib/grafana/grafana';
import { SecretKey, SecretName } from '../../lib/model/references';
import { problemsOf, Synthesized } from './synthesized';

const database = {
  type: 'postgres',
  host: 'postgres.data.svc:5432',
  user: 'grafana',
  password: SecretKey.of('grafana-db', 'password'),
} as const;

describe('the pod of Grafana', () => {
  const synthesized = new Synthesized();

  it('passes the restricted Pod Security level, with a read-only root and no token', () => {
    const { pod, container } = synthesized;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 472,
      runAsGroup: 472,
      fsGroup: 472,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(synthesized.get('ServiceAccount').automountServiceAccountToken).toBe(false);
    expect(pod.containers).toHaveLength(1);
    expect(synthesized.objects.filter(({ kind }) => kind.includes('Role'))).toEqual([]);
  });

  it('can write only to its data and to /tmp', () => {
    const writable = synthesized.container.volumeMounts.filter((mount) => mount.readOnly !== true);
    expect(writable).toEqual([
      { mountPath: '/var/lib/grafana', name: 'data' },
      { mountPath: '/tmp', name: 'tmp' },
    ]);
    expect(synthesized.pod.volumes).toContainEqual({ name: 'data', emptyDir: {} });
  });

  it('is probed at /api/health on the named port', () => {
    const { container } = synthesized;
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(container[probe]).toMatchObject({ httpGet: { path: '/api/health', port: 'http' } });
    }
    expect(container.ports).toEqual([{ containerPort: 3000, name: 'http' }]);
    expect(synthesized.get('Service').spec.ports).toEqual([{ name: 'http', port: 3000, targetPort: 'http' }]);
    expect(container.image).toMatch(/^docker\.io\/grafana\/grafana:13\.2\.\d+@sha256:/);
  });

  it('neither reports nor downloads anything', () => {
    expect(synthesized.section('analytics')).toEqual([
      'check_for_plugin_updates = false',
      'check_for_updates = false',
      'feedback_links_enabled = false',
      'reporting_enabled = false',
    ]);
    expect(synthesized.section('news')).toEqual(['news_feed_enabled = false']);
    expect(synthesized.section('plugins')).toContain('preinstall_disabled = true');
    expect(synthesized.section('unified_alerting')).toEqual(['enabled = false']);
    expect(synthesized.section('auth.anonymous')).toEqual(['enabled = false']);
  });

  it('is restarted by a change of settings or data sources, not of a dashboard', () => {
    const dashboard = (model: Record<string, unknown>) => (grafana: Grafana) =>
      grafana.addDashboard({ uid: 'gpu', title: 'GPU', model });
    const checksum = new Synthesized({}, dashboard({ tags: ['a'] })).checksum;
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(new Synthesized({}, dashboard({ tags: ['a'] })).checksum).toBe(checksum);
    expect(new Synthesized({}, dashboard({ tags: ['b'] })).checksum).toBe(checksum);
    expect(new Synthesized({ log: { level: 'debug' } }, dashboard({ tags: ['a'] })).checksum).not.toBe(checksum);
    const other = new Synthesized({}, (grafana) => {
      dashboard({ tags: ['a'] })(grafana);
      grafana.addDataSource(DataSource.prometheus({ url: 'http://prometheus:9090' }));
    });
    expect(other.checksum).not.toBe(checksum);
  });
});

describe('the administrator', () => {
  const names = (synthesized: Synthesized) => synthesized.container.env.slice(0, 2);

  it('comes from the Secret grafana-admin, and from nowhere else', () => {
    expect(names(new Synthesized())).toEqual([
      { name: 'GF_SECURITY_ADMIN_USER', valueFrom: { secretKeyRef: { name: 'grafana-admin', key: 'admin-user' } } },
      {
        name: 'GF_SECURITY_ADMIN_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'grafana-admin', key: 'admin-password' } },
      },
    ]);
    expect(new Synthesized().all('Secret')).toEqual([]);
  });

  it('may come from another Secret, or from single keys', () => {
    expect(names(new Synthesized({ admin: SecretName.of('root') }))[0]?.valueFrom?.secretKeyRef?.name).toBe('root');
    const admin = { user: SecretKey.of('a', 'u'), password: SecretKey.of('b', 'p') };
    expect(names(new Synthesized({ admin })).map((each) => each.valueFrom)).toEqual([
      { secretKeyRef: { name: 'a', key: 'u' } },
      { secretKeyRef: { name: 'b', key: 'p' } },
    ]);
  });

  it('cannot be set in the configuration file', () => {
    expect(problemsOf({ config: { security: { admin_password: 'hunter2' } } })).toEqual([
      'chart/grafana config.security.admin_password: A literal secret is not allowed, as it would be in the output. Allowed: SecretKey.of(secret, key).',
      'chart/grafana config.security.admin_password: It cannot be changed here. Use the property admin.',
    ]);
  });
});

describe('storage and replicas', () => {
  it('keeps data in one claim, which no two pods use at once', () => {
    const storage = Storage.claim({ size: Size.gibibytes(10), storageClassName: 'gp3', annotations: { a: 'b' } });
    const synthesized = new Synthesized({ storage });
    expect(synthesized.get('PersistentVolumeClaim')).toMatchObject({
      metadata: { name: 'grafana', annotations: { a: 'b' } },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'gp3', resources: { requests: { storage: '10Gi' } } },
    });
    expect(synthesized.get('Deployment').spec.strategy).toEqual({ type: 'Recreate' });
    expect(synthesized.pod.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'grafana' } });
  });

  it('has a disruption budget only for several replicas', () => {
    expect(new Synthesized().all('PodDisruptionBudget')).toEqual([]);
    const synthesized = new Synthesized({ replicas: 2, database });
    expect(synthesized.get('PodDisruptionBudget').spec.maxUnavailable).toBe(1);
    expect(synthesized.get('Deployment').spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
  });

  it('refuses several replicas that share nothing', () => {
    expect(problemsOf({ replicas: 2 })).toEqual([
      'chart/grafana replicas: 2 received, but each would have users and sessions of its own. Allowed: 1, or set database.',
    ]);
    expect(problemsOf({ replicas: 1.5 })).toEqual([
      'chart/grafana replicas: 1.5 received. Allowed: a whole number.',
      expect.anything(),
    ]);
    const storage = Storage.claim({ size: Size.gibibytes(10) });
    expect(problemsOf({ replicas: 2, database, storage })).toEqual([
      'chart/grafana storage: 2 replicas cannot share a ReadWriteOnce volume. Remove storage, as the database keeps everything.',
    ]);
  });

  it('reads the password of a database from a mounted file', () => {
    const synthesized = new Synthesized({ database: { ...database, sslMode: 'verify-full' } });
    expect(synthesized.section('database')).toEqual([
      'host = postgres.data.svc:5432',
      'name = grafana',
      'password = $__file{/etc/grafana/mounted/secrets/grafana-db/password}',
      'ssl_mode = verify-full',
      'type = postgres',
      'user = grafana',
    ]);
    expect(synthesized.pod.volumes).toContainEqual({
      name: 'secret-grafana-db',
      secret: { secretName: 'grafana-db', items: [{ key: 'password', path: 'password' }] },
    });
    expect(synthesized.container.volumeMounts).toContainEqual({
      name: 'secret-grafana-db',
      mountPath: '/etc/grafana/mounted/secrets/grafana-db',
      readOnly: true,
    });
  });
});

describe('exposure', () => {
  const tls = SecretName.of('grafana-tls');

  it('is an Ingress made of host and tls alone, and Grafana knows its address', () => {
    const synthesized = new Synthesized({ host: 'grafana.example.com', tls }, (grafana) => {
      expect(grafana.rootUrl).toBe('https://grafana.example.com/');
      expect(grafana.url).toBe('http://grafana.monitoring.svc:3000');
      expect(grafana.exposed).toHaveLength(1);
    });
    expect(synthesized.get('Ingress').spec).toEqual({
      tls: [{ hosts: ['grafana.example.com'], secretName: 'grafana-tls' }],
      rules: [
        {
          host: 'grafana.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'grafana', port: { number: 3000 } } } },
            ],
          },
        },
      ],
    });
    expect(synthesized.section('server')).toEqual([
      'domain = grafana.example.com',
      'http_port = 3000',
      'root_url = https://grafana.example.com/',
    ]);
    expect(synthesized.section('security')).toContain('cookie_secure = true');
  });

  it('is plain http without tls, and nothing without a host', () => {
    const synthesized = new Synthesized({ host: 'grafana.example.com' });
    expect(synthesized.section('server')).toContain('root_url = http://grafana.example.com/');
    expect(synthesized.section('security')).toContain('cookie_secure = false');
    expect(new Synthesized().all('Ingress')).toEqual([]);
  });

  it('says what is said twice, or has no effect', () => {
    expect(problemsOf({ tls, ingress: { className: 'nginx' } })).toEqual([
      'chart/grafana tls: It has no effect without host.',
      'chart/grafana ingress: It has no effect without host.',
    ]);
    expect(problemsOf({ host: 'https://grafana.example.com' })).toEqual([
      'chart/grafana host: "https://grafana.example.com" is not a host name. Allowed: a DNS name in lower case, without scheme, port and path, such as grafana.example.com.',
    ]);
  });

  it('opens the port to everyone only where it is exposed, or to whom is named', () => {
    const ingress = (synthesized: Synthesized) => synthesized.get('NetworkPolicy').spec.ingress;
    expect(ingress(new Synthesized())).toEqual([]);
    expect(ingress(new Synthesized({ host: 'grafana.example.com' }))).toEqual([
      { ports: [{ port: 'http', protocol: 'TCP' }] },
    ]);
    const allowFrom = [Peer.namespace('ingress-nginx')];
    expect(ingress(new Synthesized({ host: 'grafana.example.com', allowFrom }))).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
        ports: [{ port: 'http', protocol: 'TCP' }],
      },
    ]);
    expect(new Synthesized({ networkPolicy: false }).all('NetworkPolicy')).toEqual([]);
  });

  it('lets Grafana out to what its properties name, and nowhere else', () => {
    const ports = (props: ConstructorParameters<typeof Synthesized>[0]) =>
      new Synthesized(props)
        .get('NetworkPolicy')
        .spec.egress.filter((rule) => rule.to === undefined)
        .flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(ports({})).toEqual([]);
    expect(
      ports({
        host: 'grafana.example.com',
        tls,
        database,
        smtp: { host: 'smtp.example.com:587', fromAddress: 'grafana@example.com' },
        dataSources: [DataSource.custom({ name: 'Loki', uid: 'loki', type: 'loki', url: 'http://loki.logging:3100' })],
        auth: [
          Auth.ldap({ config: SecretKey.of('ldap', 'ldap.toml') }),
          Auth.oidc({
            clientId: 'grafana',
            clientSecret: SecretKey.of('oidc', 'secret'),
            authUrl: 'https://login.example.com:9443/authorize',
            tokenUrl: 'https://login.example.com:8443/token',
          }),
        ],
        plugins: ['grafana-clock-panel@2.1.8'],
      }),
    ).toEqual([443, 587, 636, 5432, 8443, 3100]);
  });
});

describe('further settings', () => {
  it('checks servers, plugins and intervals', () => {
    expect(
      problemsOf({
        database: { ...database, host: 'postgres://db', sslMode: 'skip-verify' },
        smtp: { host: 'smtp.example.com', fromAddress: 'grafana' },
        plugins: ['grafana-clock-panel'],
        dashboardUpdateIntervalSeconds: 0,
      }),
    ).toEqual([
      'chart/grafana database.host: "postgres://db" received. Allowed: host:port, without a scheme, such as postgres.data.svc:5432.',
      'chart/grafana smtp.host: "smtp.example.com" received. Allowed: host:port, without a scheme, such as postgres.data.svc:5432.',
      'chart/grafana database.sslMode: "skip-verify" received. Allowed for postgres: disable, require, verify-full.',
      'chart/grafana smtp.fromAddress: "grafana" received. Allowed: an e-mail address.',
      'chart/grafana plugins: "grafana-clock-panel" received. Allowed: id@version or id@version@https://…, so that a restart brings the same program.',
      'chart/grafana dashboardUpdateIntervalSeconds: 0 received. Allowed: a whole number above 0.',
    ]);
  });

  it('downloads the wanted plugins alone, and leaves those of the image as they are', () => {
    expect(new Synthesized({ plugins: ['grafana-clock-panel@2.1.8'] }).section('plugins')).toEqual([
      'disable_plugins = grafana-advisor-app,grafana-exploretraces-app,grafana-lokiexplore-app,grafana-metricsdrilldown-app,grafana-pyroscope-app',
      'plugin_admin_enabled = false',
      'preinstall_auto_update = false',
      'preinstall_disabled = false',
      'preinstall_sync = grafana-clock-panel@2.1.8',
      'public_key_retrieval_disabled = false',
    ]);
  });

  it('lets config win over everything, but not over what the objects rely on', () => {
    const synthesized = new Synthesized({
      log: { level: 'warn' },
      config: {
        log: { level: 'debug' },
        dataproxy: { timeout: 60, logging: true },
        'auth.jwt': { key: SecretKey.of('jwt', 'k') },
      },
    });
    expect(synthesized.section('log')).toEqual(['level = debug', 'mode = console']);
    expect(synthesized.section('dataproxy')).toEqual(['logging = true', 'timeout = 60']);
    expect(synthesized.section('auth.jwt')).toEqual(['key = $__file{/etc/grafana/mounted/secrets/jwt/k}']);
    expect(problemsOf({ config: { server: { http_port: 80 } } })).toEqual([
      'chart/grafana config.server.http_port: It cannot be changed here. The Service and the probes expect 3000.',
    ]);
  });

  it('lets everyone view only when that is said', () => {
    expect(new Synthesized({ anonymousViewer: true }).section('auth.anonymous')).toEqual([
      'enabled = true',
      'hide_version = true',
      'org_role = Viewer',
    ]);
  });
});
