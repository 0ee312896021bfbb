import type { FileResolver } from '../model/references';
import type { RbacProxySettings } from './rbac-proxy-options';

/** A port of a program that has the proxy in front. */
export interface ProxiedPort {
  /** Name of the container port. */
  readonly name: string;
  /** Number of the port: of the program on the loopback address, and of the proxy on the pod's. */
  readonly port: number;
  /** Paths of the kubelet's probes, which can show no credentials. */
  readonly probePaths: readonly string[];
}

/** Where the proxy's own files lie in its container. */
export const RBAC_PROXY_ROOT = '/etc/kube-rbac-proxy';
/** The file that says who may read. */
export const RBAC_PROXY_CONFIG = `${RBAC_PROXY_ROOT}/config/config.yaml`;

/** Flags that this package sets, or that would undo what it sets. */
export const OWN_FLAGS = [
  'secure-listen-address',
  'insecure-listen-address',
  'upstream',
  'config-file',
  'client-ca-file',
  'tls-cert-file',
  'tls-private-key-file',
  'tls-min-version',
  'tls-cipher-suites',
  'auth-token-audiences',
  'ignore-paths',
  'allow-paths',
  'http2-disable',
  'http2-max-concurrent-streams',
  'http2-max-size',
];

/**
 * The command line of the proxy in front of one port.
 *
 * Program and proxy have the same port, one on 127.0.0.1 and the other on the pod's address; so no second number has to
 * be free, which on a node's own network is nobody's to promise.
 *
 * @see https://github.com/brancz/kube-rbac-proxy
 */
export function rbacProxyArguments(
  settings: RbacProxySettings,
  { port, probePaths }: ProxiedPort,
  files: FileResolver,
): string[] {
  const { tls = {}, http2 = {}, ignorePaths = [], authorization, extraArgs = [] } = settings;
  const open = [...new Set([...probePaths, ...ignorePaths])];
  const values: Readonly<Record<string, string | number | undefined>> = {
    'secure-listen-address': `[$(POD_IP)]:${port}`,
    upstream: `http://127.0.0.1:${port}/`,
    'config-file': authorization?.configuration === undefined ? undefined : RBAC_PROXY_CONFIG,
    'client-ca-file': settings.by === 'clientCertificates' ? files.path(settings.clientCa) : undefined,
    'auth-token-audiences': settings.by === 'tokens' ? settings.audiences?.join(',') : undefined,
    'tls-cert-file': tls.cert && files.path(tls.cert),
    'tls-private-key-file': tls.key && files.path(tls.key),
    'tls-min-version': tls.minVersion && `Version${tls.minVersion}`,
    'tls-cipher-suites': tls.cipherSuites?.join(','),
    'ignore-paths': open.length === 0 ? undefined : open.join(','),
    'http2-disable': http2.disable === undefined ? undefined : String(http2.disable),
    'http2-max-concurrent-streams': http2.maxConcurrentStreams,
    'http2-max-size': http2.maxSize,
  };
  return [
    ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    ...extraArgs,
  ];
}
