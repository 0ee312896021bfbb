import type { FileSource } from '../model/http-client';
import type { SecretKey } from '../model/references';

/** A role in the organization; `GrafanaAdmin` is decided by a role expression alone. */
export type OrgRole = 'Viewer' | 'Editor' | 'Admin' | 'None';

/** What every OAuth 2.0 identity provider can be told. */
export interface OAuthOptions {
  /** Id of the client that was registered for Grafana; not secret. */
  readonly clientId: string | SecretKey;
  /** Secret of that client. */
  readonly clientSecret: SecretKey;
  /** Name on the login button. @default - the provider's name */
  readonly name?: string;
  /** Scopes that are asked for. @default - Grafana's own for the provider */
  readonly scopes?: readonly string[];
  /** Creates a user at the first login. @default true */
  readonly allowSignUp?: boolean;
  /** Skips Grafana's login page; works with one provider alone. @default false */
  readonly autoLogin?: boolean;
  /** Hides user and password on the login page. @default false */
  readonly disableLoginForm?: boolean;
  /** Domains of e-mail addresses that may log in. @default - every domain */
  readonly allowedDomains?: readonly string[];
  /** Refuses users without a valid role, instead of making them Viewers. @default false */
  readonly roleAttributeStrict?: boolean;
  /** The role expression may make server administrators. @default false */
  readonly allowAssignGrafanaAdmin?: boolean;
  /** Leaves roles as they were set in Grafana. @default false */
  readonly skipOrgRoleSync?: boolean;
  /** Protects the exchange of the code. @default true */
  readonly usePkce?: boolean;
  /** Renews access tokens. @default - Grafana's own for the provider */
  readonly useRefreshToken?: boolean;
  /** URL to which users go after logging out. @default - Grafana's login page */
  readonly signoutRedirectUrl?: string;
  /** Authority that signed the provider's certificate. @default - the authorities of the image */
  readonly ca?: FileSource;
}

/** How roles come from the answer of the provider. */
export interface RoleMapping {
  /**
   * JMESPath expression over the user's claims, that yields `Viewer`, `Editor`, `Admin` or `GrafanaAdmin`.
   *
   * @example "contains(groups[*], 'platform') && 'Admin' || 'Viewer'"
   * @default - everyone gets the default role of new users
   */
  readonly roleAttributePath?: string;
}

/**
 * Any provider that speaks OpenID Connect or OAuth 2.0.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/
 */
export interface OidcOptions extends OAuthOptions, RoleMapping {
  /** Authorization endpoint; the browser goes there. */
  readonly authUrl: string;
  /** Token endpoint. */
  readonly tokenUrl: string;
  /** User info endpoint. @default - the id token says everything */
  readonly apiUrl?: string;
  /** JMESPath expression for the groups. @default - none */
  readonly groupsAttributePath?: string;
  /** Groups that may log in; needs `groupsAttributePath`. @default - every group */
  readonly allowedGroups?: readonly string[];
  /** JMESPath expression for the e-mail address. @default - the claim `email` */
  readonly emailAttributePath?: string;
  /** JMESPath expression for the login name. @default - the claims `login` and `username` */
  readonly loginAttributePath?: string;
  /** JMESPath expression for the full name. @default - the claims `name` and `display_name` */
  readonly nameAttributePath?: string;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/github/ */
export interface GitHubOptions extends OAuthOptions, RoleMapping {
  /** Organizations whose members may log in. @default - see `teamIds` */
  readonly allowedOrganizations?: readonly string[];
  /** Teams whose members may log in. @default - see `allowedOrganizations` */
  readonly teamIds?: readonly number[];
  /** Address of a GitHub Enterprise server. @default https://github.com */
  readonly url?: string;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/gitlab/ */
export interface GitLabOptions extends OAuthOptions, RoleMapping {
  /** Groups whose members may log in, such as `platform` or `platform/sre`. @default - every group */
  readonly allowedGroups?: readonly string[];
  /** Address of an own GitLab. @default https://gitlab.com */
  readonly url?: string;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/google/ */
export interface GoogleOptions extends OAuthOptions, RoleMapping {
  /** Workspace domain of the accounts that may log in. @default - see `allowedDomains` */
  readonly hostedDomain?: string;
  /** Google groups whose members may log in, by address. @default - every group */
  readonly allowedGroups?: readonly string[];
}

/**
 * Microsoft Entra ID; roles are the app roles of the registration.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/azuread/
 */
export interface AzureAdOptions extends OAuthOptions {
  /** Id of the directory. */
  readonly tenantId: string;
  /** Object ids of the groups whose members may log in. @default - every group */
  readonly allowedGroups?: readonly string[];
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/okta/ */
export interface OktaOptions extends OAuthOptions, RoleMapping {
  /** Address of the organization, such as `https://example.okta.com`. */
  readonly url: string;
  /** Groups whose members may log in. @default - every group */
  readonly allowedGroups?: readonly string[];
}

/**
 * LDAP or Active Directory.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/ldap/
 */
export interface LdapOptions {
  /** The whole `ldap.toml`, as it names the bind user's password. */
  readonly config: SecretKey;
  /** Creates a user at the first login. @default true */
  readonly allowSignUp?: boolean;
  /** Leaves roles as they were set in Grafana. @default false */
  readonly skipOrgRoleSync?: boolean;
  /** Port of the server, for the NetworkPolicy. @default 636 */
  readonly port?: number;
}

/**
 * A proxy in front of Grafana that authenticates, and names the user in a header.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/auth-proxy/
 */
export interface AuthProxyOptions {
  /** Addresses of the proxies, such as `10.0.0.0/16`; anyone else could send the header as well. */
  readonly whitelist: readonly string[];
  /** @default X-WEBAUTH-USER */
  readonly headerName?: string;
  /** What the header holds. @default username */
  readonly headerProperty?: 'username' | 'email';
  /** Creates a user at the first login. @default true */
  readonly autoSignUp?: boolean;
  /** Headers by what they hold, such as `{ Role: 'X-WEBAUTH-ROLE' }`. @default - none */
  readonly headers?: Readonly<Partial<Record<'Name' | 'Email' | 'Login' | 'Groups' | 'Role', string>>>;
  /** Minutes for which what the headers say is kept. @default 15 */
  readonly syncTtlMinutes?: number;
  /** Gives the browser a session, so that the header is needed only at login. @default false */
  readonly enableLoginToken?: boolean;
}
