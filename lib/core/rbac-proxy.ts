import { defined } from '../model/defined';
import type { TlsConfig } from '../model/http-client';
import type { Problems } from '../model/problem';
import type { SecretKey } from '../model/references';
import type { ScrapeEndpoint } from '../model/scrape/endpoint';
import type { Access } from './rbac';
import { RbacProxyAuthorization } from './rbac-proxy-authorization';
import { checkRbacProxy } from './rbac-proxy-check';
import type { ClientCertificateProxyOptions, RbacProxySettings, TokenProxyOptions } from './rbac-proxy-options';
import { SERVICE_ACCOUNT } from './service-account-files';

/** The settings of a scrape target that has kube-rbac-proxy in front. */
export type ProxiedEndpoint = Pick<ScrapeEndpoint, 'scheme' | 'authorization' | 'tls'>;

/** How an exporter of others is read that has kube-rbac-proxy in front. */
export interface ProxiedTargetOptions {
  /** How the certificate is verified: by ca, by serverName alone for a public authority, or not at all, by name. */
  readonly tls: TlsConfig;
  /**
   * The token.
   *
   * @default - that of Prometheus' own ServiceAccount, which is granted `get` on the path; none with a client certificate
   */
  readonly credentials?: SecretKey;
}

/**
 * kube-rbac-proxy in front of the ports of a component: only who is authenticated and authorized reads its metrics.
 *
 * The program then listens on the loopback address alone. The paths of the kubelet's probes stay open. On the network
 * of a node, whatever else runs on that network still reaches the loopback address.
 *
 * @see https://github.com/brancz/kube-rbac-proxy
 *
 * @example
 * RbacProxy.withTokens({ tls: { cert: SecretKey.of('ksm-tls', 'tls.crt'), key: SecretKey.of('ksm-tls', 'tls.key'), client: { ca: ConfigMapKey.of('ca', 'ca.crt') } } })
 */
export class RbacProxy {
  /** Authenticates by ServiceAccount tokens, which the API server reviews. */
  public static withTokens(options: TokenProxyOptions = {}): RbacProxy {
    return new RbacProxy({ ...defined(options), by: 'tokens' });
  }

  /** Authenticates by client certificates; the common name is the user. */
  public static withClientCertificates(options: ClientCertificateProxyOptions): RbacProxy {
    return new RbacProxy({ ...defined(options), by: 'clientCertificates' });
  }

  /**
   * The settings of a target whose exporter somebody else put behind kube-rbac-proxy, such as a GPU operator.
   *
   * @example ScrapeTarget.services({ matchLabels: { app: 'exporter' }, port: 'https', ...RbacProxy.target({ tls: { ca: ConfigMapKey.of('ca', 'ca.crt') } }) })
   */
  public static target({ tls, credentials }: ProxiedTargetOptions): ProxiedEndpoint {
    const { ca, cert, serverName, insecureSkipVerify } = tls ?? {};
    if (ca === undefined && serverName === undefined && insecureSkipVerify !== true) {
      throw new Error(
        'RbacProxy.target: tls does not say how the certificate is verified; by default kube-rbac-proxy signs one for ' +
          'itself. Set ca, or serverName for one of a public authority, or say insecureSkipVerify: true.',
      );
    }
    if (cert !== undefined && credentials !== undefined) {
      throw new Error(
        'RbacProxy.target: both credentials and a client certificate (tls.cert) are set. Remove the one that the proxy ' +
          'does not ask for.',
      );
    }
    return endpointOf(tls, cert === undefined ? (credentials ?? SERVICE_ACCOUNT.token) : undefined);
  }

  private constructor(
    /** What was asked for. */
    public readonly settings: RbacProxySettings,
  ) {}

  /** Who of the authenticated may read. */
  public get authorization(): RbacProxyAuthorization {
    return this.settings.authorization ?? RbacProxyAuthorization.subjectAccessReview();
  }

  /** What the ServiceAccount of the component needs; without any, the proxy does not talk to the API server. */
  public get access(): readonly Access[] {
    const rules = [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }];
    const authentication: readonly Access[] = this.settings.by === 'tokens' ? [{ namespaces: 'cluster', rules }] : [];
    return [...authentication, ...this.authorization.access];
  }

  /**
   * How Prometheus reads what is behind.
   *
   * @param serverName name that the certificate bears, unless `tls.client` says another
   */
  public endpoint(serverName: string): ProxiedEndpoint {
    const { settings } = this;
    const client = settings.tls?.client ?? {};
    const tls = client.insecureSkipVerify === true ? client : { serverName, ...defined(client) };
    return endpointOf(tls, settings.by === 'tokens' ? (settings.credentials ?? SERVICE_ACCOUNT.token) : undefined);
  }

  /** Checks the settings; the problems' path is that of the component. */
  public check(property: string, problems: Problems): void {
    checkRbacProxy(this.settings, problems.within(property));
  }
}

function endpointOf(tls: TlsConfig, credentials: SecretKey | string | undefined): ProxiedEndpoint {
  return { scheme: 'https', ...(credentials !== undefined && { authorization: { credentials } }), tls };
}
