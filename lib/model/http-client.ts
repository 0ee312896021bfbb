import type { Problems } from './problem';
import type { ConfigMapKey, FileResolver, SecretKey } from './references';

/** A certificate, key or token: a key of a Secret or ConfigMap, or the path of a file that the container already has. */
export type FileSource = SecretKey | ConfigMapKey | string;

/**
 * TLS of a client: how Prometheus or Alertmanager verifies a server, and identifies itself to it.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#tls_config
 */
export interface TlsConfig {
  /** Authority that signed the server's certificate. @default - the authorities of the image */
  readonly ca?: FileSource;
  /** Client certificate, for mutual TLS; needs `key`. @default - none */
  readonly cert?: FileSource;
  /** Private key of the client certificate; never in a ConfigMap. @default - none */
  readonly key?: SecretKey | string;
  /** Name that the server's certificate must bear. @default - the host that is connected to */
  readonly serverName?: string;
  /** Lowest TLS version that is accepted. @default - the client's own default, TLS 1.2 */
  readonly minVersion?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** Highest TLS version that is accepted. @default - the newest */
  readonly maxVersion?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** Accepts any certificate: the connection is encrypted, but to whom nobody knows. @default false */
  readonly insecureSkipVerify?: boolean;
}

/** The `Authorization` header of a request. */
export interface Authorization {
  /** Scheme in front of the credentials. @default Bearer */
  readonly type?: string;
  /** The token: a key of a Secret, or the path of a file in the container, such as the ServiceAccount's token. */
  readonly credentials: SecretKey | string;
}

/** User and password of HTTP basic authentication. */
export interface BasicAuth {
  /** The user: a literal name, or a key of a Secret. */
  readonly username: string | SecretKey;
  /** The password: only by reference. */
  readonly password: SecretKey;
}

/**
 * OAuth 2.0 client credentials.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#oauth2
 */
export interface OAuth2 {
  readonly clientId: string;
  readonly clientSecret: SecretKey;
  readonly tokenUrl: string;
  /** @default - no scopes */
  readonly scopes?: readonly string[];
  /** Further parameters of the token request. @default - none */
  readonly endpointParams?: Readonly<Record<string, string>>;
  /** TLS towards the token endpoint. @default - the authorities of the image */
  readonly tls?: TlsConfig;
  /** Proxy for the token requests. @default - direct */
  readonly proxyUrl?: string;
  /** Hosts that are reached without the proxy, comma separated. @default - none */
  readonly noProxy?: string;
  /** Takes the proxy from the container's environment variables. @default false */
  readonly proxyFromEnvironment?: boolean;
}

/**
 * How an HTTP client of Prometheus or Alertmanager authenticates, encrypts and routes its requests.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config
 */
export interface HttpClientConfig {
  /** @default - no Authorization header */
  readonly authorization?: Authorization;
  /** @default - no basic authentication */
  readonly basicAuth?: BasicAuth;
  /** @default - no OAuth 2.0 */
  readonly oauth2?: OAuth2;
  /** @default - TLS is verified by the authorities of the image where the scheme is https */
  readonly tls?: TlsConfig;
  /** Proxy for the requests, such as `http://proxy.example.com:3128`. @default - direct */
  readonly proxyUrl?: string;
  /** Hosts that are reached without the proxy, comma separated. @default - none */
  readonly noProxy?: string;
  /** Takes the proxy from the container's environment variables. @default false */
  readonly proxyFromEnvironment?: boolean;
  /** Follows redirects. @default true */
  readonly followRedirects?: boolean;
  /** Speaks HTTP/2 where the server does. @default true */
  readonly enableHttp2?: boolean;
}

function file(source: FileSource | undefined, files: FileResolver): string | undefined {
  return typeof source === 'object' ? files.path(source) : source;
}

/** Renders a `tls_config` block. */
export function renderTls(tls: TlsConfig, files: FileResolver): Record<string, unknown> {
  return {
    ca_file: file(tls.ca, files),
    cert_file: file(tls.cert, files),
    key_file: file(tls.key, files),
    server_name: tls.serverName,
    min_version: tls.minVersion,
    max_version: tls.maxVersion,
    insecure_skip_verify: tls.insecureSkipVerify,
  };
}

/** Renders the HTTP client fields that scrape, remote write, remote read and Alertmanager's receivers share. */
export function renderHttpClient(http: HttpClientConfig, files: FileResolver): Record<string, unknown> {
  const { authorization, basicAuth, oauth2, tls } = http;
  return {
    authorization: authorization && {
      type: authorization.type,
      credentials_file: file(authorization.credentials, files),
    },
    basic_auth: basicAuth && {
      ...(typeof basicAuth.username === 'string'
        ? { username: basicAuth.username }
        : { username_file: files.path(basicAuth.username) }),
      password_file: files.path(basicAuth.password),
    },
    oauth2: oauth2 && {
      client_id: oauth2.clientId,
      client_secret_file: files.path(oauth2.clientSecret),
      token_url: oauth2.tokenUrl,
      scopes: oauth2.scopes,
      endpoint_params: oauth2.endpointParams,
      tls_config: oauth2.tls && renderTls(oauth2.tls, files),
      proxy_url: oauth2.proxyUrl,
      no_proxy: oauth2.noProxy,
      proxy_from_environment: oauth2.proxyFromEnvironment,
    },
    tls_config: tls && renderTls(tls, files),
    proxy_url: http.proxyUrl,
    no_proxy: http.noProxy,
    proxy_from_environment: http.proxyFromEnvironment,
    follow_redirects: http.followRedirects,
    enable_http2: http.enableHttp2,
  };
}

/** Every way to authenticate that is set, by the name of its property. */
export function authenticationMethods(http: HttpClientConfig): string[] {
  return (['authorization', 'basicAuth', 'oauth2'] as const).filter((name) => http[name] !== undefined);
}

/**
 * Checks an HTTP client: one way to authenticate, no credentials in clear text, complete TLS identities.
 *
 * @param scheme what the client speaks; credentials over plain http are an error.
 */
export function checkHttpClient(http: HttpClientConfig, scheme: 'http' | 'https', problems: Problems): void {
  const used = authenticationMethods(http);
  if (used.length > 1) {
    problems.add(used.join(', '), 'Only one way to authenticate is possible; remove all but one.');
  }
  if (scheme === 'http' && used.length > 0) {
    problems.add(
      used[0] ?? 'authorization',
      'Credentials would travel over plain http, where anyone on the network reads them. Set scheme to https, or remove them.',
    );
  }
  if (http.authorization?.type?.toLowerCase() === 'basic') {
    problems.add('authorization.type', '"Basic" is not allowed here; use basicAuth.');
  }
  const credentials = http.authorization?.credentials;
  if (typeof credentials === 'string' && !credentials.startsWith('/')) {
    problems.add(
      'authorization.credentials',
      'A literal credential is not allowed. Allowed: SecretKey.of(secret, key), or the absolute path of a file in the container.',
    );
  }
  if (http.tls !== undefined) {
    checkTls(http.tls, problems);
  }
  const { oauth2 } = http;
  const urls = { proxyUrl: http.proxyUrl, 'oauth2.tokenUrl': oauth2?.tokenUrl, 'oauth2.proxyUrl': oauth2?.proxyUrl };
  for (const [property, url] of Object.entries(urls)) {
    problems.addIf(property, url === undefined ? undefined : urlProblem(url));
  }
  if (http.noProxy !== undefined && http.proxyUrl === undefined) {
    problems.add('noProxy', 'It has no effect without proxyUrl.');
  }
}

/** Checks that a client certificate has its key, and that literal material is not passed as a path. */
export function checkTls(tls: TlsConfig, problems: Problems): void {
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    problems.add(tls.cert === undefined ? 'tls.cert' : 'tls.key', 'A client certificate needs both cert and key.');
  }
  for (const name of ['ca', 'cert', 'key'] as const) {
    const source = tls[name];
    // What types forbid can still arrive, such as the custom resource's own { secret, configMap }.
    const isReference = typeof source === 'object' && 'kind' in source;
    if (source !== undefined && !isReference && !(typeof source === 'string' && source.startsWith('/'))) {
      problems.add(
        `tls.${name}`,
        'Allowed: one of SecretKey.of(secret, key)' +
          `${name === 'key' ? '' : ', ConfigMapKey.of(configMap, key)'} or the absolute path of a file in the container.`,
      );
    }
  }
  if (tls.insecureSkipVerify === true && tls.ca !== undefined) {
    problems.add(
      'tls.insecureSkipVerify',
      'The server is not verified at all, so ca has no effect; remove one of them.',
    );
  }
}

/** The port that an http or https URL leads to. */
export function urlPort({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** The message for a text that is no absolute http or https URL, or that carries a password. */
export function urlProblem(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return `"${url}" is not a URL. Allowed: an absolute one, such as https://host.example.com/path.`;
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return `"${url}" has the scheme ${parsed.protocol.slice(0, -1)}. Allowed: http, https.`;
  }
  if (parsed.password !== '') {
    return `The URL to ${parsed.host} holds a password. Refer to a Secret instead.`;
  }
  return undefined;
}
