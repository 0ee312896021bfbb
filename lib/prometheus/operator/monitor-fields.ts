import { renderOperatorHttpClient } from '../../model/operator-http-client';
import type { RelabelConfig } from '../../model/relabel';
import type { LabelSelector, Namespaces } from '../../model/scrape/discovery';
import type { ScrapeEndpoint } from '../../model/scrape/endpoint';
import type { ScrapeOptions } from '../../model/scrape/scrape-target';
import type { MonitorPart } from './monitor';
import { operatorRelabelings } from './relabelings';
import { ownClient } from './scrape-class';

/** Limits and histogram settings, which all kinds of monitors spell alike, but for the size of the body. */
export function monitorLimits(options: ScrapeOptions): Record<string, unknown> {
  return {
    sampleLimit: options.sampleLimit,
    targetLimit: options.targetLimit,
    labelLimit: options.labelLimit,
    labelNameLengthLimit: options.labelNameLengthLimit,
    labelValueLengthLimit: options.labelValueLengthLimit,
    keepDroppedTargets: options.keepDroppedTargets,
    nativeHistogramBucketLimit: options.nativeHistogramBucketLimit,
    // A quantity of Kubernetes; a text is what the API server gives back.
    nativeHistogramMinBucketFactor:
      options.nativeHistogramMinBucketFactor === undefined ? undefined : String(options.nativeHistogramMinBucketFactor),
    scrapeProtocols: options.scrapeProtocols,
    fallbackScrapeProtocol: options.fallbackScrapeProtocol,
    scrapeNativeHistograms: options.scrapeNativeHistograms,
    scrapeClassicHistograms: options.scrapeClassicHistograms,
    convertClassicHistogramsToNHCB: options.convertClassicHistogramsToNhcb,
  };
}

/** The fields of an endpoint that a ServiceMonitor and a PodMonitor share. */
export function endpointFields(
  endpoint: ScrapeEndpoint,
  relabelings: readonly RelabelConfig[],
  part: MonitorPart,
): Record<string, unknown> {
  return {
    path: endpoint.path,
    scheme: endpoint.scheme,
    params: endpoint.params,
    interval: endpoint.interval,
    scrapeTimeout: endpoint.timeout,
    honorLabels: endpoint.honorLabels,
    honorTimestamps: endpoint.honorTimestamps,
    trackTimestampsStaleness: endpoint.trackTimestampsStaleness,
    filterRunning: endpoint.filterRunning,
    ...renderOperatorHttpClient(ownClient(endpoint, part), part.context.texts),
    enableHttp2: endpoint.enableHttp2,
    relabelings: operatorRelabelings(relabelings),
    metricRelabelings: operatorRelabelings(endpoint.metricRelabelings),
  };
}

/** Namespaces as a ServiceMonitor and a PodMonitor name them. */
export function namespaceSelector(namespaces: Namespaces): Record<string, unknown> {
  return namespaces === 'all' ? { any: true } : { matchNames: namespaces };
}

/** A selector as Kubernetes spells it; the empty one matches everything. */
export function selectorField({ matchLabels, matchExpressions }: LabelSelector): Record<string, unknown> {
  return { matchLabels, matchExpressions };
}
