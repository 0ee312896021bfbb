import type { ApiObject } from 'cdk8s';
import type { SynthesizedObject } from '../synthesis';

/** A folder of objects that can be applied after all others, and taken away before them. */
export type Overlay = 'dashboards' | 'alerting' | 'servicemonitors';

/** In the order in which they are listed. */
export const OVERLAYS: readonly Overlay[] = ['alerting', 'dashboards', 'servicemonitors'];

const OPERATOR_GROUP = 'monitoring.coreos.com/';

/** Custom resources of prometheus-operator that say what is scraped, and what is alerted on. */
const BY_KIND: Readonly<Record<string, Overlay>> = {
  PrometheusRule: 'alerting',
  ServiceMonitor: 'servicemonitors',
  PodMonitor: 'servicemonitors',
  Probe: 'servicemonitors',
  ScrapeConfig: 'servicemonitors',
};

/** A ConfigMap does not say what it holds, and a label for that would reach the cluster. */
const marked = new WeakMap<ApiObject, Overlay>();

/** Says that an object belongs to an overlay, where its kind does not tell. */
export function putInOverlay(object: ApiObject, overlay: Overlay): void {
  marked.set(object, overlay);
}

/** The overlay of an object; undefined for what the overlays need. */
export function overlayOf({ construct, manifest }: SynthesizedObject): Overlay | undefined {
  return marked.get(construct) ?? (manifest.apiVersion.startsWith(OPERATOR_GROUP) ? BY_KIND[manifest.kind] : undefined);
}
