/** Namespace of the exporters. */
export const EXPORTERS = 'auth-exporters';
/** Who shows a client certificate: its common name. */
export const CLIENT = 'prometheus-client';

/** What each exporter demands, as flags of the stand-in; kube-rbac-proxy has a stand-in behind it that demands nothing. */
const STAND_INS = {
  tls: [],
  mtls: ['--tls-client-ca-file=/tls/ca.crt'],
  bearer: ['--bearer-token-file=/credentials/token'],
  basic: ['--username-file=/credentials/username', '--password-file=/credentials/password'],
  oauth2: [
    '--oauth2-client-id-file=/credentials/client-id',
    '--oauth2-client-secret-file=/credentials/client-secret',
    '--oauth2-scope=metrics',
    '--oauth2-token-lifetime=15s',
    '--token-address=:9443',
  ],
} as const;
const PROXIES = { 'rbac-proxy': [], 'rbac-proxy-mtls': ['--client-ca-file=/tls/ca.crt'] } as const;
/** What protects an exporter; also the name of its pod. */
export type Kind = keyof typeof STAND_INS | keyof typeof PROXIES;

export const KINDS = [...Object.keys(STAND_INS), ...Object.keys(PROXIES)] as readonly Kind[];
/** The name of an exporter's Service, which its certificate bears. */
export function host(kind: Kind): string {
  return `${kind}.${EXPORTERS}.svc`;
}

/** Images that these objects refer to. */
export const protectedExporterImages = {
  exporter: 'registry.local/exporter-stand-in:1',
  proxy: 'quay.io/brancz/kube-rbac-proxy:v0.18.1',
};

/** A pod that protects its metrics in one way, and its Service. */
export function protectedExporter(kind: Kind): readonly object[] {
  const labels = { app: kind };
  const metadata = { name: kind, namespace: EXPORTERS, labels };
  const certificate = ['--tls-cert-file=/tls/tls.crt'];
  const ports = [{ name: 'metrics', containerPort: 8443 }];
  const readinessProbe = { tcpSocket: { port: 8443 }, periodSeconds: 1 };
  const volumeMounts = ['tls', 'credentials'].map((name) => ({ name, mountPath: `/${name}`, readOnly: true }));
  const standIn = { name: 'exporter', image: protectedExporterImages.exporter, volumeMounts };
  const open = { ...standIn, args: ['--exposition=x 1', '--listen-address=127.0.0.1:8080'] };
  const own = kind in STAND_INS ? STAND_INS[kind as keyof typeof STAND_INS] : undefined;
  const containers =
    own === undefined
      ? [
          open,
          {
            name: 'kube-rbac-proxy',
            image: protectedExporterImages.proxy,
            args: [
              '--upstream=http://127.0.0.1:8080/',
              '--secure-listen-address=0.0.0.0:8443',
              ...certificate,
              '--tls-private-key-file=/tls/tls.key',
              ...PROXIES[kind as keyof typeof PROXIES],
            ],
            ports,
            readinessProbe,
            volumeMounts,
          },
        ]
      : [
          {
            ...standIn,
            args: ['--exposition=x 1', '--listen-address=:8443', ...certificate, '--tls-key-file=/tls/tls.key', ...own],
            ports,
            readinessProbe,
          },
        ];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: labels,
        ports: [
          { name: 'metrics', port: 8443 },
          { name: 'tokens', port: 9443 },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        serviceAccountName: 'proxy',
        terminationGracePeriodSeconds: 1,
        containers,
        volumes: [
          { name: 'tls', secret: { secretName: 'server-tls' } },
          { name: 'credentials', secret: { secretName: 'credentials' } },
        ],
      },
    },
  ];
}

/** Who scrapes and may, who does and may not, and the proxy that asks about them. */
export function scrapingAccounts(): readonly object[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: EXPORTERS });
  const binding = (name: string, role: string, subjects: readonly object[]) => ({
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `auth-test-${name}` },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects,
  });
  return [
    ...['proxy', 'scraper', 'stranger'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: EXPORTERS },
    })),
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'auth-test-scraper' },
      rules: [{ nonResourceURLs: ['/metrics', '/probe'], verbs: ['get'] }],
    },
    binding('scraper', 'auth-test-scraper', [account('scraper'), { apiGroup, kind: 'User', name: CLIENT }]),
    binding('proxy', 'system:auth-delegator', [account('proxy')]),
  ];
}
