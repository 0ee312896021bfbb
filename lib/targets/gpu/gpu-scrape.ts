import { defined } from '../../model/defined';
import type { HttpClientConfig } from '../../model/http-client';
import { labelNameProblem } from '../../model/label';
import type { Problems } from '../../model/problem';
import { Relabel } from '../../model/relabel';
import type { ScrapeEndpoint } from '../../model/scrape/endpoint';
import type { ScrapeOptions } from '../../model/scrape/scrape-target';
import { POD_LABELS, PodLabels } from './pod-labels';

/** How an exporter that others deploy is connected to. */
export interface ExporterConnection
  extends HttpClientConfig,
    Pick<ScrapeEndpoint, 'path' | 'scheme' | 'params' | 'bearerTokenFile'> {}

/** What is known of an exporter, or follows from the choice of pod labels. */
type Given =
  | keyof ExporterConnection
  | 'endpoints'
  | 'port'
  | 'targetPort'
  | 'honorLabels'
  | 'hostNetwork'
  | 'external'
  | 'selectorMechanism';

/** How the exporter of GPUs is scraped, and how its series are labelled; whichever exporter it is. */
export interface GpuScrapeOptions extends Omit<ScrapeOptions, Given> {
  /** Whose pod the labels `namespace`, `pod` and `container` name. @default PodLabels.renameTarget() */
  readonly podLabels?: PodLabels;
  /** Label that receives the name of the node, such as `kubernetes_node`. @default node */
  readonly nodeLabel?: string;
}

/** The same in the words of a scrape target; relabelings of the user come last. */
export function gpuScrapeOptions(options: GpuScrapeOptions): ScrapeOptions {
  const { podLabels = PodLabels.renameTarget(), nodeLabel = 'node', relabelings, metricRelabelings, ...rest } = options;
  const series = [...podLabels.metricRelabelings, ...(metricRelabelings ?? [])];
  return {
    ...defined(rest),
    ...(podLabels.honorLabels && { honorLabels: true }),
    relabelings: [
      Relabel.copy('__meta_kubernetes_pod_node_name', nodeLabel),
      ...podLabels.relabelings,
      ...(relabelings ?? []),
    ],
    ...(series.length > 0 && { metricRelabelings: series }),
  };
}

/** Checks what the check of the scrape target cannot see. */
export function checkGpuScrape(options: GpuScrapeOptions, problems: Problems): void {
  const { podLabels = PodLabels.renameTarget(), nodeLabel, relabelings = [], metricRelabelings = [] } = options;
  podLabels.check({ relabelings, metricRelabelings }, problems);
  if (nodeLabel !== undefined) {
    problems.addIf('nodeLabel', labelNameProblem(nodeLabel));
    if ((POD_LABELS as readonly string[]).includes(nodeLabel)) {
      problems.add('nodeLabel', `"${nodeLabel}" names the workload's pod. Allowed: another label, such as node.`);
    }
  }
}
