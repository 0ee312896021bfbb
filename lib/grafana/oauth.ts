import { urlProblem } from '../model/http-client';
import type { Problems } from '../model/problem';
import type { OAuthOptions, RoleMapping } from './auth-options';
import type { IniSetting } from './ini';

/** The addresses of an identity provider. */
export interface OAuthEndpoints {
  readonly authUrl?: string;
  readonly tokenUrl?: string;
  readonly apiUrl?: string;
}

/** Renders the keys that all providers share. */
export function renderOAuth(
  options: OAuthOptions & RoleMapping,
  { authUrl, tokenUrl, apiUrl }: OAuthEndpoints,
): Record<string, IniSetting> {
  return {
    enabled: true,
    name: options.name,
    client_id: options.clientId,
    client_secret: options.clientSecret,
    scopes: options.scopes,
    auth_url: authUrl,
    token_url: tokenUrl,
    api_url: apiUrl,
    allow_sign_up: options.allowSignUp ?? true,
    auto_login: options.autoLogin,
    allowed_domains: options.allowedDomains,
    role_attribute_path: options.roleAttributePath,
    role_attribute_strict: options.roleAttributeStrict,
    allow_assign_grafana_admin: options.allowAssignGrafanaAdmin,
    skip_org_role_sync: options.skipOrgRoleSync,
    use_pkce: options.usePkce ?? true,
    use_refresh_token: options.useRefreshToken,
    signout_redirect_url: options.signoutRedirectUrl,
    tls_client_ca: options.ca === undefined ? undefined : { file: options.ca },
  };
}

/** Checks addresses, and properties that have no effect without another. */
export function checkOAuth(options: OAuthOptions & RoleMapping, endpoints: OAuthEndpoints, problems: Problems): void {
  const urls = { ...endpoints, signoutRedirectUrl: options.signoutRedirectUrl };
  for (const [property, url] of Object.entries(urls)) {
    if (url === undefined) {
      continue;
    }
    const fault = urlProblem(url);
    problems.addIf(property, fault);
    if (fault === undefined && !url.startsWith('https:')) {
      problems.add(property, `"${url}" received. Allowed: https, as tokens and secrets travel there.`);
    }
  }
  if (options.clientId === '') {
    problems.add('clientId', 'It is empty. Allowed: the id that the provider gave to Grafana.');
  }
  if (typeof options.ca === 'string' && !options.ca.startsWith('/')) {
    problems.add(
      'ca',
      'Allowed: SecretKey.of(secret, key), ConfigMapKey.of(configMap, key) or the absolute path of a file.',
    );
  }
  if (options.skipOrgRoleSync === true && options.roleAttributePath !== undefined) {
    problems.add(
      'roleAttributePath',
      'It has no effect, as skipOrgRoleSync leaves roles as they are. Remove one of them.',
    );
  }
  if (options.allowAssignGrafanaAdmin === true && options.skipOrgRoleSync === true) {
    problems.add(
      'allowAssignGrafanaAdmin',
      'It has no effect, as skipOrgRoleSync leaves roles as they are. Remove one of them.',
    );
  }
}

/**
 * Checks that not everybody who has an account at a public provider may log in.
 *
 * @param bounds the properties of which one has to be set.
 */
export function checkBounded(
  provider: string,
  allowSignUp: boolean | undefined,
  bounds: Readonly<Record<string, string | readonly (string | number)[] | undefined>>,
  problems: Problems,
): void {
  const bounded = Object.values(bounds).some((value) => value !== undefined && value.length > 0);
  if (!bounded && allowSignUp !== false) {
    const names = Object.keys(bounds);
    problems.add(
      names[0] ?? 'allowSignUp',
      `Everyone with an account at ${provider} could log in. Set ${names.join(' or ')}, or allowSignUp: false.`,
    );
  }
}
