import type { ScrapeEndpoint } from '../../model/scrape/endpoint';
import { addressRelabelings, podEndpointLabel, staticLabels } from '../../model/scrape/target-relabelings';
import { namespacesOf } from '../../model/scrape/watch';
import { jobRelabeling } from './job-label';
import type { MonitorPart } from './monitor';
import { endpointFields, monitorLimits, namespaceSelector, selectorField } from './monitor-fields';

/**
 * Renders the specification of a PodMonitor.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitorSpec
 */
export function renderPodMonitor(part: MonitorPart): Record<string, unknown> {
  const { target, endpoints, scrapeClass } = part;
  const { discovery, options } = target;
  return {
    selector: selectorField(discovery.kind === 'pod' ? discovery.selector : {}),
    selectorMechanism: options.selectorMechanism,
    namespaceSelector: namespaceSelector(namespacesOf(discovery)),
    jobLabel: options.jobLabel,
    podTargetLabels: options.podTargetLabels,
    attachMetadata: options.attachNodeMetadata === undefined ? undefined : { node: options.attachNodeMetadata },
    scrapeClass,
    bodySizeLimit: options.bodySizeLimit,
    ...monitorLimits(options),
    podMetricsEndpoints: endpoints.map((endpoint) => {
      const isAddress = options.hostNetwork === true && typeof endpoint.port === 'number';
      const relabelings = [
        ...(isAddress ? addressRelabelings(endpoint.port as number) : []),
        ...podEndpointLabel(endpoint),
        jobRelabeling(target, 'pod'),
        ...staticLabels(target),
        ...(endpoint.relabelings ?? []),
      ];
      return { ...(isAddress ? {} : portFields(endpoint)), ...endpointFields(endpoint, relabelings, part) };
    }),
  };
}

function portFields({ port, targetPort }: ScrapeEndpoint): Record<string, unknown> {
  const own = port ?? targetPort;
  return typeof own === 'number' ? { portNumber: own } : { port: own };
}
