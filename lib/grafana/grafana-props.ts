import type { Exposure } from '../core/exposure';
import type { Peer } from '../core/peer';
import type { Storage } from '../core/storage';
import type { WorkloadProps } from '../core/workload';
import type { Dashboard } from '../model/dashboard';
import type { FileSource } from '../model/http-client';
import type { SecretKey, SecretName } from '../model/references';
import type { Auth } from './auth';
import type { OrgRole } from './auth-options';
import type { DataSource } from './data-source';
import type { IniValue } from './ini';

/** User and password of the first administrator, each a key of a Secret. */
export interface AdminCredentials {
  readonly user: SecretKey;
  readonly password: SecretKey;
}

/**
 * A database that several replicas share.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#database
 */
export interface DatabaseOptions {
  readonly type: 'postgres' | 'mysql';
  /** `host:port`. */
  readonly host: string;
  /** Name of the database. @default grafana */
  readonly name?: string;
  readonly user: string | SecretKey;
  readonly password: SecretKey;
  /** `disable`, `require` or `verify-full` for Postgres; `true`, `false` or `skip-verify` for MySQL. @default - no TLS */
  readonly sslMode?: 'disable' | 'require' | 'verify-full' | 'true' | 'false' | 'skip-verify';
  /** Authority that signed the server's certificate. @default - the authorities of the image */
  readonly ca?: FileSource;
  /** Connections at once. @default - unlimited */
  readonly maxOpenConnections?: number;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#smtp */
export interface SmtpOptions {
  /** `host:port`. */
  readonly host: string;
  readonly fromAddress: string;
  /** @default Grafana */
  readonly fromName?: string;
  /** @default - no login */
  readonly user?: string | SecretKey;
  /** @default - no login */
  readonly password?: SecretKey;
  /** @default - Grafana's own, opportunistic */
  readonly startTlsPolicy?: 'OpportunisticStartTLS' | 'MandatoryStartTLS' | 'NoStartTLS';
  /** Accepts any certificate. @default false */
  readonly skipVerify?: boolean;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#security */
export interface SecurityOptions {
  /** Encrypts secrets in the database and signs; without it Grafana uses a key that everybody knows. @default - that key */
  readonly secretKey?: SecretKey;
  /** Other sites may show Grafana in a frame. @default false */
  readonly allowEmbedding?: boolean;
  /** Which requests of other sites carry the cookie. @default lax */
  readonly cookieSameSite?: 'lax' | 'strict' | 'none' | 'disabled';
  /** Adds a Content-Security-Policy header. @default false */
  readonly contentSecurityPolicy?: boolean;
  /** Tells browsers to use https alone. @default false */
  readonly strictTransportSecurity?: boolean;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#users */
export interface UserOptions {
  /** Role of users that have just been created. @default Viewer */
  readonly autoAssignOrgRole?: OrgRole;
  /** @default - Grafana's own, dark */
  readonly defaultTheme?: 'dark' | 'light' | 'system';
  /** Language of the interface, such as `de-DE`, or `detect`. @default - Grafana's own, en-US */
  readonly defaultLanguage?: string;
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#log */
export interface LogOptions {
  /** @default info */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'critical';
  /** @default - Grafana's own, console */
  readonly format?: 'text' | 'console' | 'json';
  /** Levels of single loggers, such as `rendering:debug`. @default - none */
  readonly filters?: readonly string[];
}

/** What the Ingress of `host` can be told beside `tls`. */
export interface GrafanaIngressOptions {
  /** The controller. @default - the cluster's default class */
  readonly className?: string;
  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * A Grafana server.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
export interface GrafanaProps extends WorkloadProps {
  /** Servers; more than one need a `database`. @default 1 */
  readonly replicas?: number;
  /** Where users, preferences and dashboards made by hand are kept. @default - an emptyDir: they live as long as the pod */
  readonly storage?: Storage;
  /** @default - SQLite, in the storage */
  readonly database?: DatabaseOptions;
  /**
   * First administrator: a Secret with the keys `admin-user` and `admin-password`, or the keys themselves.
   *
   * Grafana reads them when it makes its database; later the password is changed in Grafana.
   *
   * @default SecretName.of('grafana-admin')
   */
  readonly admin?: SecretName | AdminCredentials;
  /** Ways to log in, beside user and password. @default - none */
  readonly auth?: Auth | readonly Auth[];
  /** Everyone who reaches Grafana may view everything, without logging in. @default false */
  readonly anonymousViewer?: boolean;
  /** Name under which users reach it, such as `grafana.example.com`; makes an Ingress. @default - not exposed */
  readonly host?: string;
  /** Certificate of the host: a Secret of type `kubernetes.io/tls`. @default - plain http */
  readonly tls?: SecretName;
  /** More about the Ingress of `host`. @default - the cluster's default class */
  readonly ingress?: GrafanaIngressOptions;
  /** How it is reached from outside, where `host`, `tls` and `ingress` do not say enough. @default - as these say */
  readonly exposure?: Exposure;
  /** Who may connect to the port from outside the stack. @default - anyone where it is exposed, otherwise nobody */
  readonly allowFrom?: readonly Peer[];
  /** Data sources, beside those of the stack. @default - none */
  readonly dataSources?: readonly DataSource[];
  /** Dashboards, beside those of the stack, in no folder. @default - none */
  readonly dashboards?: readonly Dashboard[];
  /** Uid of the dashboard that users see first. @default - Grafana's own home page */
  readonly homeDashboard?: string;
  /** Seconds after which Grafana reads changed dashboards. @default 30 */
  readonly dashboardUpdateIntervalSeconds?: number;
  /** Grafana's own alerting, and its view of Prometheus' alerts and silences. @default false */
  readonly alerting?: boolean;
  /**
   * Plugins that are downloaded when Grafana starts, each `id@version` or `id@version@url`; needs the network.
   *
   * @default - none; those of the image alone
   */
  readonly plugins?: readonly string[];
  /** Cookies, headers and the key of the database. @default - secure cookies where it is reached by https */
  readonly security?: SecurityOptions;
  /** What users get. @default - new users are Viewers */
  readonly users?: UserOptions;
  /** What is logged. @default - info, to standard output */
  readonly log?: LogOptions;
  /** Sends mail. @default - no mail */
  readonly smtp?: SmtpOptions;
  /**
   * Further settings by section and key, in Grafana's own spelling; they win over all others.
   *
   * @example { dataproxy: { timeout: 60 }, 'auth.jwt': { enabled: true } }
   * @default - none
   */
  readonly config?: Readonly<Record<string, Readonly<Record<string, IniValue>>>>;
}
