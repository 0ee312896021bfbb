import type { HttpClientConfig } from '../model/http-client';
import type { SecretKey } from '../model/references';

/** What every data source can be told; `authorization`, `basicAuth` and `tls` are those of Prometheus' HTTP clients. */
interface DataSourceOptions extends Pick<HttpClientConfig, 'authorization' | 'basicAuth' | 'tls'> {
  /** Address as Grafana's server reaches it. */
  readonly url: string;
  /** Is chosen where a dashboard or user names none; at most one is. @default - true for the uid `prometheus` */
  readonly isDefault?: boolean;
  /** Headers of every request, by name. @default - none */
  readonly httpHeaders?: Readonly<Record<string, SecretKey>>;
  /** Seconds after which a request is given up. @default - that of Grafana's data proxy, 30 */
  readonly timeoutSeconds?: number;
  /** Further settings of the plugin, in its own spelling. @default - none */
  readonly jsonData?: Readonly<Record<string, unknown>>;
}

/**
 * A Prometheus, or what speaks its API.
 *
 * @see https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/
 */
export interface PrometheusDataSourceOptions extends DataSourceOptions {
  /** @default Prometheus */
  readonly name?: string;
  /** Stable identity, by which dashboards refer to it. @default prometheus */
  readonly uid?: string;
  /** Scrape interval, from which Grafana derives `$__rate_interval`. @default - Grafana's own, 15s */
  readonly timeInterval?: string;
  /** Time that a query may take. @default - Prometheus' own */
  readonly queryTimeout?: string;
  /** @default POST */
  readonly httpMethod?: 'POST' | 'GET';
  /** Shows and edits rules of this data source under Alerting. @default false */
  readonly manageAlerts?: boolean;
  /** Kind of server, by which Grafana knows what it may ask. @default Prometheus */
  readonly prometheusType?: 'Prometheus' | 'Cortex' | 'Mimir' | 'Thanos';
  /** Version of the server, such as `3.15.0`. @default - Grafana assumes little */
  readonly prometheusVersion?: string;
  /** How long Grafana keeps metric and label names. @default - Grafana's own, Low */
  readonly cacheLevel?: 'Low' | 'Medium' | 'High' | 'None';
  /** Asks only for what is new when a dashboard refreshes. @default false */
  readonly incrementalQuerying?: boolean;
}

/**
 * An Alertmanager: its alerts and silences under Alerting, where `alerting` is on.
 *
 * @see https://grafana.com/docs/grafana/latest/datasources/alertmanager/
 */
export interface AlertmanagerDataSourceOptions extends DataSourceOptions {
  /** @default Alertmanager */
  readonly name?: string;
  /** @default alertmanager */
  readonly uid?: string;
  /** @default prometheus */
  readonly implementation?: 'prometheus' | 'mimir' | 'cortex';
  /** Sends Grafana's own alerts there. @default false */
  readonly handleGrafanaManagedAlerts?: boolean;
}

/**
 * Any other data source.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export interface CustomDataSourceOptions extends DataSourceOptions {
  readonly name: string;
  readonly uid: string;
  /** Id of the plugin, such as `loki` or `tempo`. */
  readonly type: string;
  /** User of a database. @default - none */
  readonly user?: string;
  /** Name of a database. @default - none */
  readonly database?: string;
  /** Secret settings of the plugin, in its own spelling. @default - none */
  readonly secureJsonData?: Readonly<Record<string, SecretKey>>;
}
