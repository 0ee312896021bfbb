import { type AlertmanagerEndpoint, renderAlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import type { FileResolver } from '../../model/references';
import { Relabel, renderRelabel } from '../../model/relabel';
import { renderRemoteRead, renderRemoteWrite } from '../../model/remote-storage';
import { renderLimits } from '../../model/scrape/endpoint';
import type { PrometheusProps } from '../prometheus-props';

/** Where the parts of the configuration lie in the container. */
export const CONFIG_ROOT = '/etc/prometheus';
/** The file with the TLS of the web server, beside `prometheus.yml`. */
export const WEB_CONFIG = 'web.yml';

/** What `prometheus.yml` needs beyond the props. */
export interface ConfigurationContext {
  readonly replicaLabel: string;
  readonly retention: string;
  readonly retentionSize: string | undefined;
  readonly alertmanagers: readonly AlertmanagerEndpoint[];
  readonly files: FileResolver;
}

/**
 * Renders `prometheus.yml`: everything but the scrape configurations and rules, which lie in files of their own.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function renderConfiguration(props: PrometheusProps, context: ConfigurationContext): Record<string, unknown> {
  const { replicaLabel, files } = context;
  const { tsdb = {}, ruleEvaluation = {} } = props;
  // Alertmanager could not tell that two replicas mean the same alert.
  const alertRelabelings = [Relabel.labelDrop(replicaLabel), ...(ruleEvaluation.alertRelabelings ?? [])];
  return {
    global: {
      scrape_interval: props.scrapeInterval ?? '30s',
      scrape_timeout: props.scrapeTimeout ?? '10s',
      evaluation_interval: props.evaluationInterval ?? '30s',
      rule_query_offset: ruleEvaluation.queryOffset,
      query_log_file: props.query?.logFile,
      external_labels: { ...escapeVariables(props.externalLabels ?? {}), [replicaLabel]: '${POD_NAME}' },
      ...renderLimits(props.limits ?? {}),
    },
    runtime: props.logLevel && { log_level: props.logLevel },
    rule_files: ['../rules/*.yaml'],
    scrape_config_files: ['../scrape-configs/*.yaml'],
    alerting:
      context.alertmanagers.length === 0
        ? undefined
        : {
            alert_relabel_configs: alertRelabelings.map(renderRelabel),
            alertmanagers: context.alertmanagers.map((endpoint) => renderAlertmanagerEndpoint(endpoint, files)),
          },
    storage: {
      tsdb: {
        retention: { time: context.retention, size: context.retentionSize, percentage: tsdb.retentionPercentage },
        out_of_order_time_window: tsdb.outOfOrderTimeWindow,
        stale_series_compaction_threshold: tsdb.staleSeriesCompactionThreshold,
      },
      exemplars: tsdb.maxExemplars === undefined ? undefined : { max_exemplars: tsdb.maxExemplars },
    },
    remote_write: props.remoteWrite?.map((remote) => renderRemoteWrite(remote, files)),
    remote_read: props.remoteRead?.map((remote) => renderRemoteRead(remote, files)),
  };
}

/** Prometheus replaces `$x` in external labels by environment variables; a user's text is meant as it stands. */
function escapeVariables(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));
}
