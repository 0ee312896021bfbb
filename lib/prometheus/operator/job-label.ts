import { metaName } from '../../model/label';
import { Relabel, type RelabelConfig } from '../../model/relabel';
import type { ScrapeTarget } from '../../model/scrape/scrape-target';

/**
 * Sets the job where the operator's own default is another: after everything that the operator adds, so a label that
 * names the job must go first.
 */
export function jobRelabeling({ job, options }: ScrapeTarget, meta: 'service' | 'pod'): RelabelConfig {
  const { jobLabel } = options;
  return jobLabel === undefined
    ? Relabel.set('job', job)
    : Relabel.replace(`__meta_kubernetes_${meta}_label_${metaName(jobLabel)}`, '', 'job', job);
}
