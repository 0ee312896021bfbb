import { compact } from '../compact';
import { renderHttpClient } from '../http-client';
import type { FileResolver } from '../references';
import { renderRelabel } from '../relabel';
import { renderLimits, type ScrapeEndpoint } from './endpoint';
import type { ScrapeTarget } from './scrape-target';
import { nativeRelabelings } from './target-relabelings';
import { discoveryRole, namespacesOf, roleSelectors } from './watch';

/** One entry of `scrape_configs`, in Prometheus' own spelling. */
export interface NativeScrapeConfig extends Record<string, unknown> {
  readonly job_name: string;
}

/**
 * Renders a target as native scrape configurations, one per endpoint.
 *
 * The final labels are those that prometheus-operator gives to the same target: `job`, `instance`, `namespace`,
 * `service`, `pod`, `container`, `node` and `endpoint`, as far as the kind of target has them.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
 */
export function renderNative(target: ScrapeTarget, files: FileResolver): readonly NativeScrapeConfig[] {
  const { options, discovery, endpoints, job } = target;
  const names = scrapeJobNames(target);
  return endpoints.map((endpoint, index) => {
    const name = names[index] ?? job;
    return compact({
      job_name: name,
      scrape_interval: endpoint.interval,
      scrape_timeout: endpoint.timeout,
      metrics_path: discovery.kind === 'node' && discovery.throughApiServer ? undefined : endpoint.path,
      scheme: endpoint.scheme,
      params: endpoint.params,
      honor_labels: endpoint.honorLabels,
      honor_timestamps: endpoint.honorTimestamps,
      track_timestamps_staleness: endpoint.trackTimestampsStaleness,
      enable_compression: endpoint.enableCompression,
      scrape_protocols: options.scrapeProtocols,
      fallback_scrape_protocol: options.fallbackScrapeProtocol,
      scrape_native_histograms: options.scrapeNativeHistograms,
      always_scrape_classic_histograms: options.scrapeClassicHistograms,
      convert_classic_histograms_to_nhcb: options.convertClassicHistogramsToNhcb,
      ...renderLimits(options),
      ...renderHttpClient(endpoint, files),
      ...renderDiscovery(target),
      relabel_configs: nativeRelabelings(target, endpoint, name !== job).map(renderRelabel),
      metric_relabel_configs: endpoint.metricRelabelings?.map(renderRelabel),
    });
  });
}

/** `job_name` of each endpoint: the job itself, or with what tells its endpoints apart. */
export function scrapeJobNames({ job, endpoints }: ScrapeTarget): readonly string[] {
  return endpoints.length === 1 ? [job] : namesOf(endpoints).map((name) => `${job}/${name}`);
}

/** The port of each endpoint, and the path where the port alone does not tell them apart. */
function namesOf(endpoints: readonly ScrapeEndpoint[]): readonly string[] {
  const ports = endpoints.map(({ port, targetPort, path = '/metrics' }) => String(port ?? targetPort ?? path.slice(1)));
  return new Set(ports).size === ports.length
    ? ports
    : endpoints.map(({ path = '/metrics' }, index) => `${ports[index]}${path}`);
}

function renderDiscovery(target: ScrapeTarget): Record<string, unknown> {
  const { discovery, options } = target;
  if (discovery.kind === 'static' || discovery.kind === 'probe') {
    return { static_configs: [{ targets: discovery.kind === 'static' ? discovery.hosts : discovery.targets }] };
  }
  const role = discoveryRole(discovery);
  const namespaces = namespacesOf(discovery);
  return {
    kubernetes_sd_configs: [
      {
        role,
        namespaces: namespaces === 'all' ? undefined : { names: namespaces },
        attach_metadata: options.attachNodeMetadata && role !== 'node' ? { node: true } : undefined,
        selectors: roleSelectors(target),
      },
    ],
  };
}
