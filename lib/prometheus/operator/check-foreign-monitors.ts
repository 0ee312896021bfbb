import type { SynthesizedObject } from '../../core/synthesis';
import type { Labels } from '../../model/label';
import type { Problems } from '../../model/problem';

const KINDS = ['ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule'];

/** Which monitors and rules a Prometheus takes up. */
export interface Selection {
  readonly labels: Labels;
  readonly namespaces: readonly string[];
}

/** Reports monitors and rules of the app that are labelled for this Prometheus, but lie where it does not look. */
export function checkForeignMonitors(
  objects: readonly SynthesizedObject[],
  { labels, namespaces }: Selection,
  problems: Problems,
): void {
  const wanted = Object.entries(labels);
  for (const { construct, manifest } of objects) {
    const { apiVersion, kind, metadata } = manifest;
    const isMonitor = apiVersion.startsWith('monitoring.coreos.com/') && KINDS.includes(kind);
    const isMeant = isMonitor && wanted.every(([key, value]) => metadata.labels?.[key] === value);
    const namespace = metadata.namespace ?? 'default';
    if (isMeant && !namespaces.includes(namespace)) {
      problems
        .within(`(${construct.node.path})`)
        .add(
          'metadata.namespace',
          `${kind} ${namespace}/${metadata.name} bears the labels of this Prometheus, which looks only in ` +
            `${namespaces.join(', ')}, so it would be ignored. Move it there, or set ` +
            `foreignMonitors: { namespaces: ['${namespace}'] }.`,
        );
    }
  }
}
