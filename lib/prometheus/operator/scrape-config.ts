import { renderOperatorHttpClient } from '../../model/operator-http-client';
import type { ScrapeTarget } from '../../model/scrape/scrape-target';
import { nativeRelabelings } from '../../model/scrape/target-relabelings';
import { discoveryRole, namespacesOf, roleSelectors } from '../../model/scrape/watch';
import type { MonitorPart } from './monitor';
import { monitorLimits } from './monitor-fields';
import { operatorRelabelings } from './relabelings';
import { ownClient } from './scrape-class';

const ROLES = { pod: 'Pod', node: 'Node', endpointslice: 'EndpointSlice', service: 'Service' } as const;

/**
 * Renders the specification of a ScrapeConfig: the native scrape configuration, field by field.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.ScrapeConfigSpec
 */
export function renderScrapeConfig(part: MonitorPart): Record<string, unknown> {
  const { target, endpoints, context, scrapeClass } = part;
  const { options, discovery, job } = target;
  const [endpoint = {}] = endpoints;
  return {
    jobName: job,
    scrapeClass,
    ...discoveryFields(target),
    metricsPath: discovery.kind === 'node' && discovery.throughApiServer ? undefined : endpoint.path,
    scheme: endpoint.scheme,
    params: endpoint.params,
    scrapeInterval: endpoint.interval,
    scrapeTimeout: endpoint.timeout,
    honorLabels: endpoint.honorLabels,
    honorTimestamps: endpoint.honorTimestamps,
    trackTimestampsStaleness: endpoint.trackTimestampsStaleness,
    enableCompression: endpoint.enableCompression,
    ...renderOperatorHttpClient(ownClient(endpoint, part), context.texts),
    // The one field of an HTTP client that a ScrapeConfig lacks; checkMonitor reports it.
    followRedirects: undefined,
    enableHTTP2: endpoint.enableHttp2,
    bodySizeLimit: options.bodySizeLimit,
    ...monitorLimits(options),
    relabelings: operatorRelabelings(nativeRelabelings(target, endpoint, false)),
    metricRelabelings: operatorRelabelings(endpoint.metricRelabelings),
  };
}

function discoveryFields(target: ScrapeTarget): Record<string, unknown> {
  const { discovery, options } = target;
  if (discovery.kind === 'static' || discovery.kind === 'probe') {
    return { staticConfigs: [{ targets: discovery.kind === 'static' ? discovery.hosts : discovery.targets }] };
  }
  const role = discoveryRole(discovery);
  const namespaces = namespacesOf(discovery);
  return {
    kubernetesSDConfigs: [
      {
        role: ROLES[role],
        namespaces: namespaces === 'all' ? undefined : { names: namespaces },
        attachMetadata: options.attachNodeMetadata && role !== 'node' ? { node: true } : undefined,
        selectors: roleSelectors(target)?.map((each) => ({ ...each, role: ROLES[each.role] })),
      },
    ],
  };
}
