import type { Problems } from '../model/problem';
import type {
  AuthProxyOptions,
  AzureAdOptions,
  GitHubOptions,
  GitLabOptions,
  GoogleOptions,
  LdapOptions,
  OAuthOptions,
  OidcOptions,
  OktaOptions,
  RoleMapping,
} from './auth-options';
import type { IniSections, IniSetting } from './ini';
import { checkBounded, checkOAuth, type OAuthEndpoints, renderOAuth } from './oauth';

/** What is particular to a kind of login. */
interface Method {
  /** Section of the configuration file. */
  readonly section: string;
  readonly values: Readonly<Record<string, IniSetting>>;
  readonly general?: Readonly<Record<string, IniSetting>>;
  readonly redirects: boolean;
  readonly autoLogin?: boolean;
  readonly ports: readonly number[];
  readonly check: (problems: Problems) => void;
}

/**
 * A way to log in to Grafana, beside user and password.
 *
 * @example
 * Auth.oidc({
 *   clientId: 'grafana',
 *   clientSecret: SecretKey.of('grafana-oidc', 'client-secret'),
 *   authUrl: 'https://login.example.com/authorize',
 *   tokenUrl: 'https://login.example.com/token',
 *   apiUrl: 'https://login.example.com/userinfo',
 *   roleAttributePath: "contains(groups[*], 'platform') && 'Admin' || 'Viewer'",
 * })
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/
 */
export class Auth {
  /** Any OpenID Connect or OAuth 2.0 provider, such as Keycloak, Dex or Auth0. */
  public static oidc(options: OidcOptions): Auth {
    const { authUrl, tokenUrl, apiUrl, allowedGroups, groupsAttributePath } = options;
    const own = {
      allowed_groups: allowedGroups,
      groups_attribute_path: groupsAttributePath,
      email_attribute_path: options.emailAttributePath,
      login_attribute_path: options.loginAttributePath,
      name_attribute_path: options.nameAttributePath,
    };
    const { name = 'OpenID Connect', scopes = ['openid', 'profile', 'email'] } = options;
    return Auth.oauth('generic_oauth', { ...options, name, scopes }, { authUrl, tokenUrl, apiUrl }, own, (problems) => {
      if (allowedGroups !== undefined && groupsAttributePath === undefined) {
        problems.add(
          'allowedGroups',
          'Grafana cannot tell the groups of a user. Set groupsAttributePath, such as "groups".',
        );
      }
    });
  }

  /** Accounts of GitHub; `allowedOrganizations` or `teamIds` say whose. */
  public static gitHub(options: GitHubOptions): Auth {
    const { url, allowedOrganizations, teamIds } = options;
    const own = { allowed_organizations: allowedOrganizations, team_ids: teamIds?.map(String) };
    const endpoints =
      url === undefined ? {} : at(url, '/login/oauth/authorize', '/login/oauth/access_token', '/api/v3/user');
    return Auth.oauth('github', options, endpoints, own, (problems) => {
      if (url === undefined) {
        checkBounded('GitHub', options.allowSignUp, { allowedOrganizations, teamIds }, problems);
      }
    });
  }

  /** Accounts of GitLab; `allowedGroups` say whose. */
  public static gitLab(options: GitLabOptions): Auth {
    const { url, allowedGroups, allowedDomains } = options;
    const endpoints = url === undefined ? {} : at(url, '/oauth/authorize', '/oauth/token', '/api/v4');
    return Auth.oauth('gitlab', options, endpoints, { allowed_groups: allowedGroups }, (problems) => {
      if (url === undefined) {
        checkBounded('GitLab', options.allowSignUp, { allowedGroups, allowedDomains }, problems);
      }
    });
  }

  /** Accounts of Google; `hostedDomain`, `allowedDomains` or `allowedGroups` say whose. */
  public static google(options: GoogleOptions): Auth {
    const { hostedDomain, allowedDomains, allowedGroups } = options;
    const own = { hosted_domain: hostedDomain, allowed_groups: allowedGroups };
    return Auth.oauth('google', options, {}, own, (problems) => {
      checkBounded('Google', options.allowSignUp, { hostedDomain, allowedDomains, allowedGroups }, problems);
    });
  }

  /** Accounts of one Microsoft Entra ID directory. */
  public static azureAd(options: AzureAdOptions): Auth {
    const { tenantId, allowedGroups } = options;
    const endpoints = at(
      `https://login.microsoftonline.com/${tenantId}`,
      '/oauth2/v2.0/authorize',
      '/oauth2/v2.0/token',
    );
    return Auth.oauth('azuread', options, endpoints, { allowed_groups: allowedGroups }, (problems) => {
      if (
        !/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(tenantId) ||
        ['common', 'organizations', 'consumers'].includes(tenantId)
      ) {
        problems.add(
          'tenantId',
          `"${tenantId}" received. Allowed: the id of one directory, as others would let in everyone.`,
        );
      }
    });
  }

  /** Accounts of an Okta organization. */
  public static okta(options: OktaOptions): Auth {
    const endpoints = at(options.url, '/oauth2/v1/authorize', '/oauth2/v1/token', '/oauth2/v1/userinfo');
    return Auth.oauth('okta', options, endpoints, { allowed_groups: options.allowedGroups }, () => undefined);
  }

  /** LDAP or Active Directory. */
  public static ldap({ config, allowSignUp = true, skipOrgRoleSync, port = 636 }: LdapOptions): Auth {
    return new Auth({
      section: 'auth.ldap',
      values: {
        enabled: true,
        config_file: { file: config },
        allow_sign_up: allowSignUp,
        skip_org_role_sync: skipOrgRoleSync,
      },
      redirects: false,
      ports: [port],
      check: (problems) => {
        if (!(Number.isInteger(port) && port > 0 && port < 65536)) {
          problems.add('port', `${port} is not a port. Allowed: a whole number from 1 to 65535.`);
        }
      },
    });
  }

  /** A proxy that authenticates; only from the addresses in `whitelist`. */
  public static proxy(options: AuthProxyOptions): Auth {
    const { whitelist, headers = {} } = options;
    return new Auth({
      section: 'auth.proxy',
      values: {
        enabled: true,
        whitelist: whitelist.join(', '),
        header_name: options.headerName ?? 'X-WEBAUTH-USER',
        header_property: options.headerProperty ?? 'username',
        auto_sign_up: options.autoSignUp ?? true,
        headers: Object.entries(headers).map(([property, header]) => `${property}:${header}`),
        sync_ttl: options.syncTtlMinutes,
        enable_login_token: options.enableLoginToken,
      },
      redirects: false,
      ports: [],
      check: (problems) => {
        if (whitelist.length === 0) {
          problems.add(
            'whitelist',
            'It is empty, so anyone who reaches Grafana could send the header. Allowed: addresses of proxies.',
          );
        }
        for (const address of whitelist) {
          if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(address)) {
            problems.add('whitelist', `"${address}" received. Allowed: addresses, such as 10.0.0.7 or 10.0.0.0/16.`);
          }
        }
      },
    });
  }

  private static oauth(
    provider: string,
    options: OAuthOptions & RoleMapping,
    endpoints: OAuthEndpoints,
    own: Readonly<Record<string, IniSetting>>,
    check: (problems: Problems) => void,
  ): Auth {
    return new Auth({
      section: `auth.${provider}`,
      values: { ...renderOAuth(options, endpoints), ...own },
      general: { disable_login_form: options.disableLoginForm },
      redirects: true,
      autoLogin: options.autoLogin,
      ports: Object.keys(endpoints).length === 0 ? [443] : [endpoints.tokenUrl, endpoints.apiUrl].flatMap(portOf),
      check: (problems) => {
        checkOAuth(options, endpoints, problems);
        check(problems);
      },
    });
  }

  private constructor(private readonly method: Method) {}

  /** Section of the configuration file, such as `auth.github`; each may be used once. */
  public get section(): string {
    return this.method.section;
  }

  /** Whether a provider sends the browser back, so that Grafana has to know its own address. */
  public get redirects(): boolean {
    return this.method.redirects;
  }

  /** Whether the login page is skipped. */
  public get autoLogin(): boolean {
    return this.method.autoLogin ?? false;
  }

  /** Ports at which Grafana asks the provider. */
  public get ports(): readonly number[] {
    return this.method.ports;
  }

  /** The sections that it needs. */
  public toIni(): IniSections {
    const general = Object.entries(this.method.general ?? {}).filter(([, value]) => value !== undefined);
    return {
      [this.method.section]: this.method.values,
      ...(general.length > 0 && { auth: Object.fromEntries(general) }),
    };
  }

  /** Checks what types cannot. */
  public check(problems: Problems): void {
    this.method.check(problems);
  }
}

function at(url: string, auth: string, token: string, api?: string): OAuthEndpoints {
  const base = url.replace(/\/+$/, '');
  return { authUrl: base + auth, tokenUrl: base + token, apiUrl: api === undefined ? undefined : base + api };
}

function portOf(url: string | undefined): readonly number[] {
  if (url === undefined || !URL.canParse(url)) {
    return [];
  }
  const { port, protocol } = new URL(url);
  return [port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port)];
}
