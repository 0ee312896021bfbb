import { readService } from '../../../lib/model/manifest';
import type { LabelSelector } from '../../../lib/model/scrape/discovery';
import type { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { findPort } from '../../../lib/model/scrape/service-port';
import { namespacesOf } from '../../../lib/model/scrape/watch';

/** Labels as service discovery gives them. */
export type Discovered = Readonly<Record<string, string>>;

/** `__meta_…` labels of an object's labels. */
function metaLabels(prefix: string, labels: Readonly<Record<string, string>>): Discovered {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => {
      const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
      return [
        [`${prefix}_label_${name}`, value],
        [`${prefix}_labelpresent_${name}`, 'true'],
      ];
    }),
  );
}

/** Labels that a selector matches. */
function matching({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Readonly<Record<string, string>> {
  const expressed = matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' ? [[key, values[0] ?? '']] : operator === 'Exists' ? [[key, 'there']] : [],
  );
  return { ...matchLabels, ...Object.fromEntries(expressed) };
}

function podMeta(pod: string, port: string | number | undefined, phase = 'Running'): Discovered {
  return {
    __meta_kubernetes_pod_name: pod,
    __meta_kubernetes_pod_ip: '10.1.2.3',
    __meta_kubernetes_pod_phase: phase,
    __meta_kubernetes_pod_node_name: 'node-1',
    __meta_kubernetes_pod_container_name: 'main',
    __meta_kubernetes_pod_container_port_name: typeof port === 'string' ? port : 'declared',
    __meta_kubernetes_pod_container_port_number: typeof port === 'number' ? String(port) : '9999',
  };
}

/**
 * One thing that every rule of a target lets through, and others that differ from it in one respect each.
 *
 * @param fixed labels that can have no other value
 */
function variations(base: Discovered, fixed: readonly string[] = []): readonly Discovered[] {
  const changed = Object.keys(base)
    // That a label is there is not told apart from its value.
    .filter((name) => name.startsWith('__meta_') && !name.includes('_labelpresent_') && !fixed.includes(name))
    .flatMap((name): Discovered[] => {
      const { [name]: _, [name.replace('_label_', '_labelpresent_')]: __, ...without } = base;
      return [without, { ...base, [name]: 'other' }];
    });
  return [
    base,
    ...['Failed', 'Succeeded', 'Pending'].map((phase) => ({ ...base, __meta_kubernetes_pod_phase: phase })),
    { ...base, __meta_kubernetes_endpointslice_address_target_kind: 'Node' },
    ...changed,
  ];
}

/**
 * What service discovery could find for a target: what it wants, and what it must not take.
 *
 * The same list goes through two configurations of the target, which must make the same of it.
 */
export function discoverable(target: ScrapeTarget): readonly Discovered[] {
  const { discovery, options } = target;
  const scope = namespacesOf(discovery);
  const namespace = scope === 'all' ? 'anywhere' : (scope[0] ?? 'default');
  const copied = Object.fromEntries(
    [options.jobLabel, ...(options.targetLabels ?? []), ...(options.podTargetLabels ?? [])].flatMap((label) =>
      label === undefined ? [] : [[label, `value-of-${label}`]],
    ),
  );
  const common = { __address__: '10.1.2.3:9999', __meta_kubernetes_namespace: namespace };
  return target.endpoints.flatMap(({ port, targetPort }) => {
    switch (discovery.kind) {
      case 'static':
        return discovery.hosts.map((host) => ({ __address__: host }));
      case 'probe':
        return discovery.targets.map((each) => ({ __address__: each }));
      case 'node':
        return variations({
          __address__: '10.0.0.1:10250',
          instance: 'node-1',
          __meta_kubernetes_node_name: 'node-1',
        });
      case 'pod':
        return variations({
          ...common,
          ...podMeta('pod-1', port ?? targetPort),
          ...metaLabels('__meta_kubernetes_pod', { ...copied, ...matching(discovery.selector) }),
        });
      case 'annotation': {
        const meta = `__meta_kubernetes_${discovery.role}`;
        const prefix = `${meta}_annotation_${discovery.prefix.replace(/[^a-zA-Z0-9_]/g, '_')}`;
        return variations({
          ...common,
          ...podMeta('pod-1', undefined),
          [`${meta}_name`]: 'annotated',
          [`${prefix}_scrape`]: 'true',
          [`${prefix}_port`]: '8081',
          [`${prefix}_path`]: '/own',
          [`${prefix}_scheme`]: 'https',
        });
      }
      default: {
        const service = discovery.kind === 'serviceObject' ? readService(discovery.service) : undefined;
        const known = typeof service === 'string' ? undefined : service;
        const found = known && targetPort === undefined ? findPort(known, port) : undefined;
        const name = known?.name ?? (discovery.kind === 'service' ? (discovery.name ?? 'service-1') : '');
        const selected = discovery.kind === 'service' ? matching(discovery.selector) : (known?.labels ?? {});
        const slice = found === undefined ? (typeof port === 'string' ? port : '') : (found.name ?? '');
        const all = {
          ...common,
          ...podMeta('pod-1', targetPort ?? found?.targetPort ?? port),
          __meta_kubernetes_service_name: name,
          __meta_kubernetes_endpointslice_port_name: slice,
          __meta_kubernetes_endpointslice_port: String(found?.targetPort ?? found?.port ?? 9999),
          __meta_kubernetes_endpointslice_address_target_kind: 'Pod',
          __meta_kubernetes_endpointslice_address_target_name: 'pod-1',
          ...metaLabels('__meta_kubernetes_service', { ...copied, ...selected }),
          ...metaLabels('__meta_kubernetes_pod', copied),
        };
        // The Service of the app has the labels that it was written with, by which a ServiceMonitor selects it as well.
        return variations(all, Object.keys(metaLabels('__meta_kubernetes_service', known?.labels ?? {})));
      }
    }
  });
}
