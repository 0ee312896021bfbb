import type { Authorization, BasicAuth, HttpClientConfig, OAuth2, TlsConfig } from './http-client';
import type { ConfigMapKey, SecretKey } from './references';

/** A key of a Secret as a custom resource of prometheus-operator refers to it. */
export interface SecretKeySelector {
  readonly name: string;
  readonly key: string;
}

/** A key of a Secret or ConfigMap as a custom resource of prometheus-operator refers to it. */
export interface SecretOrConfigMap {
  readonly secret?: SecretKeySelector;
  readonly configMap?: SecretKeySelector;
}

/** Gives a text that is no secret, but that a custom resource takes only by reference, a ConfigMap to be referred to. */
export interface ConfigMapTexts {
  /** The reference; `text` will be found there. */
  reference(text: string): SecretOrConfigMap;
}

/** Refers to a key of a Secret. */
export function secretKeySelector({ name, key }: SecretKey): SecretKeySelector {
  return { name, key };
}

/** Refers to a key of a Secret or ConfigMap. */
export function secretOrConfigMap(source: SecretKey | ConfigMapKey): SecretOrConfigMap {
  const selector = { name: source.name, key: source.key };
  return source.kind === 'Secret' ? { secret: selector } : { configMap: selector };
}

/**
 * Renders a `tlsConfig`; files of the container stand under `caFile`, `certFile` and `keyFile`, which the API server
 * accepts only where the custom resource has them (`usesFiles` tells).
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.TLSConfig
 */
export function renderOperatorTls(tls: TlsConfig): Record<string, unknown> {
  return {
    ...(tls.ca !== undefined && (typeof tls.ca === 'string' ? { caFile: tls.ca } : { ca: secretOrConfigMap(tls.ca) })),
    ...(tls.cert !== undefined &&
      (typeof tls.cert === 'string' ? { certFile: tls.cert } : { cert: secretOrConfigMap(tls.cert) })),
    ...(tls.key !== undefined &&
      (typeof tls.key === 'string' ? { keyFile: tls.key } : { keySecret: secretKeySelector(tls.key) })),
    serverName: tls.serverName,
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    insecureSkipVerify: tls.insecureSkipVerify,
  };
}

/** Renders an `authorization`; a file of the container stands under `credentialsFile`. */
export function renderOperatorAuthorization({ type, credentials }: Authorization): Record<string, unknown> {
  return {
    type,
    ...(typeof credentials === 'string'
      ? { credentialsFile: credentials }
      : { credentials: secretKeySelector(credentials) }),
  };
}

function renderBasicAuth({ username, password }: BasicAuth): Record<string, unknown> {
  return {
    // A literal one is reported: literalUsernameProblem.
    username: typeof username === 'string' ? undefined : secretKeySelector(username),
    password: secretKeySelector(password),
  };
}

function renderOAuth2(oauth2: OAuth2, texts: ConfigMapTexts): Record<string, unknown> {
  return {
    clientId: texts.reference(oauth2.clientId),
    clientSecret: secretKeySelector(oauth2.clientSecret),
    tokenUrl: oauth2.tokenUrl,
    scopes: oauth2.scopes,
    endpointParams: oauth2.endpointParams,
    tlsConfig: oauth2.tls && renderOperatorTls(oauth2.tls),
    proxyUrl: oauth2.proxyUrl,
    noProxy: oauth2.noProxy,
    proxyFromEnvironment: oauth2.proxyFromEnvironment,
  };
}

/**
 * Renders the HTTP client fields that the custom resources of prometheus-operator share.
 *
 * HTTP/2 is left out: its field is `enableHttp2` in some resources and `enableHTTP2` in others.
 */
export function renderOperatorHttpClient(http: HttpClientConfig, texts: ConfigMapTexts): Record<string, unknown> {
  return {
    authorization: http.authorization && renderOperatorAuthorization(http.authorization),
    basicAuth: http.basicAuth && renderBasicAuth(http.basicAuth),
    oauth2: http.oauth2 && renderOAuth2(http.oauth2, texts),
    tlsConfig: http.tls && renderOperatorTls(http.tls),
    proxyUrl: http.proxyUrl,
    noProxy: http.noProxy,
    proxyFromEnvironment: http.proxyFromEnvironment,
    followRedirects: http.followRedirects,
  };
}

/** Whether TLS refers to files that the container already has. */
export function tlsUsesFiles(tls: TlsConfig | undefined): boolean {
  return [tls?.ca, tls?.cert, tls?.key].some((source) => typeof source === 'string');
}

/** Whether an HTTP client refers to files that the container already has. */
export function usesFiles({ authorization, tls }: HttpClientConfig): boolean {
  return typeof authorization?.credentials === 'string' || tlsUsesFiles(tls);
}

/** The property and message for what a custom resource can take only from a Secret. */
export function literalUsernameProblem({ basicAuth }: HttpClientConfig): string | undefined {
  return typeof basicAuth?.username === 'string'
    ? `"${basicAuth.username}" received, but the operator reads the user from a Secret only. Allowed: SecretKey.of(secret, key).`
    : undefined;
}
