import type { Exposure } from '../core/exposure';
import type { Auth } from './auth';
import type { GrafanaProps } from './grafana-props';
import { type IniSections, mergeIni } from './ini';

/**
 * Nothing leaves the cluster unless it is asked for: no reports, no checks for updates, no news, no shared snapshots.
 *
 * The image brings the data source plugins. Grafana would update them at start, and lose them where it cannot.
 *
 * @see https://github.com/grafana/grafana/issues/132528
 */
const SILENT: IniSections = {
  analytics: {
    reporting_enabled: false,
    check_for_updates: false,
    check_for_plugin_updates: false,
    feedback_links_enabled: false,
  },
  news: { news_feed_enabled: false },
  snapshots: { external_enabled: false },
  public_dashboards: { enabled: false },
  plugins: {
    plugin_admin_enabled: false,
    preinstall_disabled: true,
    preinstall_auto_update: false,
    public_key_retrieval_disabled: true,
  },
};

/** Apps that Grafana would download beside the plugins that are wanted. */
const DOWNLOADED_APPS = [
  'grafana-advisor-app',
  'grafana-exploretraces-app',
  'grafana-lokiexplore-app',
  'grafana-metricsdrilldown-app',
  'grafana-pyroscope-app',
];

/** What the settings are made from. */
interface SettingsInput {
  readonly props: GrafanaProps;
  readonly exposure: Exposure | undefined;
  readonly auth: readonly Auth[];
  /** Path of the dashboard that users see first. */
  readonly homeDashboardPath: string | undefined;
}

/** The sections of the configuration file that the typed properties stand for. */
export function typedSettings({ props, exposure, auth, homeDashboardPath }: SettingsInput): IniSections {
  const { security = {}, users = {}, log = {} } = props;
  return mergeIni(
    SILENT,
    pluginSettings(props),
    {
      server: {
        http_port: 3000,
        domain: exposure?.host,
        root_url: exposure?.url,
        serve_from_sub_path: exposure !== undefined && exposure.path !== '/' ? true : undefined,
      },
      security: {
        secret_key: security.secretKey,
        disable_gravatar: true,
        cookie_secure: exposure?.https ?? false,
        cookie_samesite: security.cookieSameSite,
        allow_embedding: security.allowEmbedding,
        content_security_policy: security.contentSecurityPolicy,
        strict_transport_security: security.strictTransportSecurity,
      },
      users: {
        allow_sign_up: false,
        auto_assign_org_role: users.autoAssignOrgRole ?? 'Viewer',
        default_theme: users.defaultTheme,
        default_language: users.defaultLanguage,
      },
      'auth.anonymous': {
        enabled: props.anonymousViewer ?? false,
        org_role: props.anonymousViewer === true ? 'Viewer' : undefined,
        hide_version: props.anonymousViewer === true ? true : undefined,
      },
      dashboards: { default_home_dashboard_path: homeDashboardPath },
      unified_alerting: { enabled: props.alerting ?? false },
      log: { mode: 'console', level: log.level ?? 'info', filters: log.filters },
      'log.console': { format: log.format },
    },
    storeSettings(props),
    mailSettings(props),
    ...auth.map((each) => each.toIni()),
  );
}

function pluginSettings({ plugins }: GrafanaProps): IniSections {
  if (plugins === undefined || plugins.length === 0) {
    return {};
  }
  return {
    plugins: {
      preinstall_disabled: false,
      preinstall_sync: plugins.join(','),
      disable_plugins: DOWNLOADED_APPS.filter((app) => !plugins.some((plugin) => plugin.startsWith(`${app}@`))).join(
        ',',
      ),
      public_key_retrieval_disabled: false,
    },
  };
}

function storeSettings({ database }: GrafanaProps): IniSections {
  return database === undefined
    ? {}
    : {
        database: {
          type: database.type,
          host: database.host,
          name: database.name ?? 'grafana',
          user: database.user,
          password: database.password,
          ssl_mode: database.sslMode,
          ca_cert_path: database.ca === undefined ? undefined : { file: database.ca },
          max_open_conn: database.maxOpenConnections,
        },
      };
}

function mailSettings({ smtp }: GrafanaProps): IniSections {
  return smtp === undefined
    ? {}
    : {
        smtp: {
          enabled: true,
          host: smtp.host,
          user: smtp.user,
          password: smtp.password,
          from_address: smtp.fromAddress,
          from_name: smtp.fromName ?? 'Grafana',
          startTLS_policy: smtp.startTlsPolicy,
          skip_verify: smtp.skipVerify,
        },
      };
}
