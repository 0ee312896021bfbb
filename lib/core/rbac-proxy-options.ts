import type { TlsConfig } from '../model/http-client';
import type { ConfigMapKey, SecretKey } from '../model/references';
import type { RbacProxyAuthorization } from './rbac-proxy-authorization';
import type { Resources } from './workload';

/** A cipher suite of TLS 1.2 that the proxy can be limited to; those of TLS 1.3 cannot be chosen. */
export type CipherSuite = (typeof CIPHER_SUITES)[number];

/** The suites that Go holds for secure, by their names in Go. */
export const CIPHER_SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
] as const;

/** TLS of the proxy, and of Prometheus towards it. */
export interface RbacProxyTls {
  /**
   * Certificate that the proxy shows; renewed while it runs.
   *
   * @default - it signs one for itself at each start, which nobody can verify: `client` must say insecureSkipVerify
   */
  readonly cert?: SecretKey | ConfigMapKey;
  /** Private key of the certificate. @default - that of its own certificate */
  readonly key?: SecretKey;
  /** @default TLS12 */
  readonly minVersion?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** Cipher suites of TLS 1.2. @default - Go's own choice */
  readonly cipherSuites?: readonly CipherSuite[];
  /**
   * How Prometheus verifies the certificate, and identifies itself where client certificates are asked for. Its files
   * are read in Prometheus' namespace; targets are reached by address, so serverName is the Service's name if not set.
   *
   * @default - verified by the authorities of Prometheus' image
   */
  readonly client?: TlsConfig;
}

/** HTTP/2 towards Prometheus. */
export interface RbacProxyHttp2 {
  /** Speaks HTTP/1.1 alone. @default false */
  readonly disable?: boolean;
  /** Streams of one connection. @default 100 */
  readonly maxConcurrentStreams?: number;
  /** Bytes of a frame, and of the buffer of a stream. @default 262144 */
  readonly maxSize?: number;
}

/** What both ways to authenticate share. */
export interface RbacProxyOptions {
  /** Who of the authenticated may read. @default - whom the API server lets `get` the path that is read */
  readonly authorization?: RbacProxyAuthorization;
  /** @default - TLS 1.2 or newer, with a certificate that the proxy signs for itself */
  readonly tls?: RbacProxyTls;
  /**
   * Paths that everybody may read, beside those of the probes; `*` and `?` stand for characters other than `/`.
   *
   * @default - none
   */
  readonly ignorePaths?: readonly string[];
  /** @default - offered */
  readonly http2?: RbacProxyHttp2;
  /** @default - 10m and 32Mi requested, 64Mi at most */
  readonly resources?: Resources;
  /** Further command line flags of the proxy, as they are. @default - none */
  readonly extraArgs?: readonly string[];
}

/** Authentication by the token of a ServiceAccount. */
export interface TokenProxyOptions extends RbacProxyOptions {
  /** Token that Prometheus sends. @default - that of its own ServiceAccount */
  readonly credentials?: SecretKey;
  /** Audiences of which a token must have one. @default - that of the API server */
  readonly audiences?: readonly string[];
}

/** Authentication by a client certificate, whose common name is the user. */
export interface ClientCertificateProxyOptions extends RbacProxyOptions {
  /** Authority that signed the clients' certificates. */
  readonly clientCa: SecretKey | ConfigMapKey;
}

/** One of the two ways, with its options. */
export type RbacProxySettings =
  | ({ readonly by: 'tokens' } & TokenProxyOptions)
  | ({ readonly by: 'clientCertificates' } & ClientCertificateProxyOptions);
