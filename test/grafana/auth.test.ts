import { describe, expect, it } from 'vitest';
import { Auth } from '../../lib/grafana/auth';
import { ConfigMapKey, SecretKey, SecretName } from '../../lib/model/references';
import { problemsOf, Synthesized } from './synthesized';

const host = 'grafana.example.com';
const tls = SecretName.of('grafana-tls');
const client = { clientId: 'grafana', clientSecret: SecretKey.of('grafana-oauth', 'client-secret') };
const secret = 'client_secret = $__file{/etc/grafana/mounted/secrets/grafana-oauth/client-secret}';
const oidc = { ...client, authUrl: 'https://login.example.com/authorize', tokenUrl: 'https://login.example.com/token' };

const section = (auth: Auth, name: string) => new Synthesized({ host, tls, auth }).section(name);

describe('login by OpenID Connect', () => {
  it('renders every property, the secret as a mounted file', () => {
    const auth = Auth.oidc({
      ...oidc,
      apiUrl: 'https://login.example.com/userinfo',
      name: 'Keycloak',
      scopes: ['openid', 'groups'],
      allowSignUp: false,
      autoLogin: true,
      disableLoginForm: true,
      allowedDomains: ['example.com', 'example.org'],
      allowedGroups: ['platform', 'ml research'],
      groupsAttributePath: 'groups',
      emailAttributePath: 'email',
      loginAttributePath: 'preferred_username',
      nameAttributePath: 'full_name',
      roleAttributePath: "contains(groups[*], 'platform') && 'Admin' || 'Viewer'",
      roleAttributeStrict: true,
      allowAssignGrafanaAdmin: true,
      skipOrgRoleSync: false,
      usePkce: false,
      useRefreshToken: true,
      signoutRedirectUrl: 'https://login.example.com/logout',
      ca: ConfigMapKey.of('internal-ca', 'ca.crt'),
    });
    expect(problemsOf({ host, tls, auth })).toEqual([]);
    expect(section(auth, 'auth.generic_oauth')).toEqual([
      'allow_assign_grafana_admin = true',
      'allow_sign_up = false',
      'allowed_domains = example.com example.org',
      'allowed_groups = `["platform","ml research"]`',
      'api_url = https://login.example.com/userinfo',
      'auth_url = https://login.example.com/authorize',
      'auto_login = true',
      'client_id = grafana',
      secret,
      'email_attribute_path = email',
      'enabled = true',
      'groups_attribute_path = groups',
      'login_attribute_path = preferred_username',
      'name = Keycloak',
      'name_attribute_path = full_name',
      "role_attribute_path = `contains(groups[*], 'platform') && 'Admin' || 'Viewer'`",
      'role_attribute_strict = true',
      'scopes = openid groups',
      'signout_redirect_url = https://login.example.com/logout',
      'skip_org_role_sync = false',
      'tls_client_ca = /etc/grafana/mounted/configmaps/internal-ca/ca.crt',
      'token_url = https://login.example.com/token',
      'use_pkce = false',
      'use_refresh_token = true',
    ]);
    expect(section(auth, 'auth')).toEqual(['disable_login_form = true']);
  });

  it('protects the code by PKCE and asks for the usual scopes', () => {
    const lines = section(Auth.oidc(oidc), 'auth.generic_oauth');
    expect(lines).toEqual(
      expect.arrayContaining(['use_pkce = true', 'scopes = openid profile email', 'allow_sign_up = true']),
    );
  });

  it('says what cannot work', () => {
    const auth = Auth.oidc({
      ...oidc,
      clientId: '',
      tokenUrl: 'http://login.example.com/token',
      authUrl: 'login',
      allowedGroups: ['a'],
      ca: 'ca.crt',
      skipOrgRoleSync: true,
      roleAttributePath: "'Admin'",
      allowAssignGrafanaAdmin: true,
    });
    const at = 'chart/grafana/auth.generic_oauth';
    expect(problemsOf({ host, tls, auth })).toEqual([
      `${at} authUrl: "login" is not a URL. Allowed: an absolute one, such as https://host.example.com/path.`,
      `${at} tokenUrl: "http://login.example.com/token" received. Allowed: https, as tokens and secrets travel there.`,
      `${at} clientId: It is empty. Allowed: the id that the provider gave to Grafana.`,
      `${at} ca: Allowed: SecretKey.of(secret, key), ConfigMapKey.of(configMap, key) or the absolute path of a file.`,
      `${at} roleAttributePath: It has no effect, as skipOrgRoleSync leaves roles as they are. Remove one of them.`,
      `${at} allowAssignGrafanaAdmin: It has no effect, as skipOrgRoleSync leaves roles as they are. Remove one of them.`,
      `${at} allowedGroups: Grafana cannot tell the groups of a user. Set groupsAttributePath, such as "groups".`,
    ]);
  });

  it('needs to know where browsers come back to', () => {
    const auth = Auth.oidc(oidc);
    expect(problemsOf({ auth })).toEqual([
      'chart/grafana/auth.generic_oauth auth: The provider sends browsers back to Grafana, which does not know its address. Set host or exposure.',
    ]);
    expect(problemsOf({ auth, config: { server: { root_url: 'https://grafana.example.com/' } } })).toEqual([]);
  });
});

describe('login by other providers', () => {
  it('knows GitHub, and GitHub Enterprise', () => {
    expect(section(Auth.gitHub({ ...client, allowedOrganizations: ['acme'], teamIds: [1, 2] }), 'auth.github')).toEqual(
      [
        'allow_sign_up = true',
        'allowed_organizations = acme',
        'client_id = grafana',
        secret,
        'enabled = true',
        'team_ids = 1 2',
        'use_pkce = true',
      ],
    );
    expect(section(Auth.gitHub({ ...client, url: 'https://github.acme.com/' }), 'auth.github')).toEqual(
      expect.arrayContaining([
        'api_url = https://github.acme.com/api/v3/user',
        'auth_url = https://github.acme.com/login/oauth/authorize',
        'token_url = https://github.acme.com/login/oauth/access_token',
      ]),
    );
  });

  it('knows GitLab, Google, Entra ID and Okta', () => {
    expect(
      section(Auth.gitLab({ ...client, url: 'https://gitlab.acme.com', allowedGroups: ['sre'] }), 'auth.gitlab'),
    ).toEqual(expect.arrayContaining(['allowed_groups = sre', 'api_url = https://gitlab.acme.com/api/v4']));
    const google = Auth.google({ ...client, hostedDomain: 'acme.com', allowedGroups: ['sre@acme.com'] });
    expect(section(google, 'auth.google')).toEqual(
      expect.arrayContaining(['hosted_domain = acme.com', 'allowed_groups = sre@acme.com']),
    );
    const azure = Auth.azureAd({ ...client, tenantId: '3a5b', allowedGroups: ['g'] });
    expect(section(azure, 'auth.azuread')).toEqual(
      expect.arrayContaining([
        'auth_url = https://login.microsoftonline.com/3a5b/oauth2/v2.0/authorize',
        'allowed_groups = g',
      ]),
    );
    const okta = Auth.okta({ ...client, url: 'https://acme.okta.com', allowedGroups: ['sre'] });
    expect(section(okta, 'auth.okta')).toEqual(
      expect.arrayContaining(['api_url = https://acme.okta.com/oauth2/v1/userinfo', 'allowed_groups = sre']),
    );
  });

  it('lets in nobody who merely has an account somewhere', () => {
    const open = [
      Auth.gitHub(client),
      Auth.gitLab(client),
      Auth.google(client),
      Auth.azureAd({ ...client, tenantId: 'common' }),
    ];
    expect(problemsOf({ host, tls, auth: open })).toEqual([
      'chart/grafana/auth.github allowedOrganizations: Everyone with an account at GitHub could log in. Set allowedOrganizations or teamIds, or allowSignUp: false.',
      'chart/grafana/auth.gitlab allowedGroups: Everyone with an account at GitLab could log in. Set allowedGroups or allowedDomains, or allowSignUp: false.',
      'chart/grafana/auth.google hostedDomain: Everyone with an account at Google could log in. Set hostedDomain or allowedDomains or allowedGroups, or allowSignUp: false.',
      'chart/grafana/auth.azuread tenantId: "common" received. Allowed: the id of one directory, as others would let in everyone.',
    ]);
    expect(problemsOf({ host, tls, auth: Auth.gitHub({ ...client, allowSignUp: false }) })).toEqual([]);
  });

  it('mounts the whole ldap.toml from a Secret', () => {
    const synthesized = new Synthesized({
      auth: Auth.ldap({ config: SecretKey.of('ldap', 'ldap.toml'), skipOrgRoleSync: true }),
    });
    expect(synthesized.section('auth.ldap')).toEqual([
      'allow_sign_up = true',
      'config_file = /etc/grafana/mounted/secrets/ldap/ldap.toml',
      'enabled = true',
      'skip_org_role_sync = true',
    ]);
    expect(problemsOf({ auth: Auth.ldap({ config: SecretKey.of('ldap', 'ldap.toml'), port: 0 }) })).toEqual([
      'chart/grafana/auth.ldap port: 0 is not a port. Allowed: a whole number from 1 to 65535.',
    ]);
  });

  it('believes a proxy only from where it is', () => {
    const auth = Auth.proxy({
      whitelist: ['10.0.0.0/16', '10.1.0.7'],
      headerName: 'X-User',
      headerProperty: 'email',
      autoSignUp: false,
      headers: { Role: 'X-Role', Groups: 'X-Groups' },
      syncTtlMinutes: 5,
      enableLoginToken: true,
    });
    expect(section(auth, 'auth.proxy')).toEqual([
      'auto_sign_up = false',
      'enable_login_token = true',
      'enabled = true',
      'header_name = X-User',
      'header_property = email',
      'headers = Role:X-Role Groups:X-Groups',
      'sync_ttl = 5',
      'whitelist = 10.0.0.0/16, 10.1.0.7',
    ]);
    expect(
      problemsOf({ auth: [Auth.proxy({ whitelist: [] }), Auth.proxy({ whitelist: ['proxy.example.com'] })] }),
    ).toEqual([
      'chart/grafana/auth.proxy whitelist: It is empty, so anyone who reaches Grafana could send the header. Allowed: addresses of proxies.',
      'chart/grafana/auth.proxy auth: Grafana knows one provider of each kind. Remove all but one.',
      'chart/grafana/auth.proxy whitelist: "proxy.example.com" received. Allowed: addresses, such as 10.0.0.7 or 10.0.0.0/16.',
      'chart/grafana/auth.proxy auth: Grafana knows one provider of each kind. Remove all but one.',
    ]);
  });

  it('cannot log in by itself where users have a choice, or need no login', () => {
    const first = Auth.oidc({ ...oidc, autoLogin: true });
    expect(
      problemsOf({
        host,
        tls,
        auth: [first, Auth.okta({ ...client, url: 'https://acme.okta.com' })],
        anonymousViewer: true,
      }),
    ).toEqual([
      'chart/grafana auth: autoLogin works with one provider alone; there are several, among which users choose. Remove it.',
      'chart/grafana anonymousViewer: true received, but autoLogin sends everyone to the provider. Remove one of them.',
    ]);
  });
});
