import { inspect } from 'node:util';
import type { Access, GrantedAccess } from '../../core/rbac';
import type { Manifest, SynthesizedObject } from '../../core/synthesis';
import { selects } from '../../core/workload-index';
import type { Problems } from '../../model/problem';
import type { LabelSelector } from '../../model/scrape/discovery';
import { endpointsAccess, podsAccess } from '../reach';
import { OperatorObjects } from './operator-objects';
import { canUse, looksAt, missingLabels, type Selection, selectionsBeside, takesUp } from './selection';

/** Monitors and rules, and where a Prometheus or a ThanosRuler says which of them it selects. */
const SELECTORS: Readonly<Record<string, string>> = {
  ServiceMonitor: 'serviceMonitorSelector',
  PodMonitor: 'podMonitorSelector',
  Probe: 'probeSelector',
  ScrapeConfig: 'scrapeConfigSelector',
  PrometheusRule: 'ruleSelector',
};
const GROUP = 'monitoring.coreos.com/';

/** The monitors and rules of the app that this package did not write. */
function foreignMonitors(objects: readonly SynthesizedObject[]): readonly SynthesizedObject[] {
  return objects.filter(
    ({ construct, manifest: { apiVersion, kind } }) =>
      apiVersion.startsWith(GROUP) &&
      SELECTORS[kind] !== undefined &&
      !construct.node.scopes.some((scope) => scope instanceof OperatorObjects),
  );
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? 'default'}/${metadata.name}`;
}

/**
 * Reports monitors and rules of the app that are labelled for this Prometheus, but come to nothing: they lie where no
 * Prometheus of the app looks, or select what it may not find.
 */
export function checkForeignMonitors(
  objects: readonly SynthesizedObject[],
  selection: Selection & { readonly namespaces: readonly string[] },
  access: GrantedAccess,
  problems: Problems,
): void {
  for (const { construct, manifest } of foreignMonitors(objects)) {
    const here = problems.within(`(${construct.node.path})`);
    if (!canUse(selection, manifest) || missingLabels(selection, manifest).length > 0) {
      continue;
    }
    if (takesUp(selection, manifest)) {
      here.addIf('spec.namespaceSelector', rightsProblem(manifest, access));
    } else if (!selectionsBeside(construct).some((other) => takesUp(other, manifest))) {
      here.add(
        'metadata.namespace',
        `${nameOf(manifest)} bears the labels of this Prometheus, which looks only in ` +
          `${selection.namespaces.join(', ')}, so it would be ignored. Move it there, or set ` +
          `foreignMonitors: { namespaces: ['${manifest.metadata.namespace ?? 'default'}'] }.`,
      );
    }
  }
}

interface Reach {
  readonly things: string;
  readonly access: (namespaces: Access['namespaces']) => Access;
  readonly instead: string;
}

const REACH: Readonly<Record<string, Reach>> = {
  ServiceMonitor: { things: 'Services', access: endpointsAccess, instead: 'ScrapeTarget.services' },
  PodMonitor: { things: 'pods', access: podsAccess, instead: 'ScrapeTarget.pods' },
};

/** The message for a monitor that selects in namespaces where the Prometheus may not look for targets. */
function rightsProblem(manifest: Manifest, granted: GrantedAccess): string | undefined {
  const reach = REACH[manifest.kind];
  const selected = selectedNamespaces(manifest);
  if (reach === undefined) {
    return undefined;
  }
  const lacking =
    selected === 'all'
      ? !granted.covers(reach.access('cluster')) && 'cluster'
      : selected.filter((namespace) => !granted.covers(reach.access([namespace])));
  if (lacking === false || lacking.length === 0) {
    return undefined;
  }
  const isAll = lacking === 'cluster';
  const peers = isAll ? ['Peer.anyPod()'] : lacking.map((namespace) => `Peer.namespace('${namespace}')`);
  const allowed = inspect(reach.access(lacking), { depth: null, compact: 9, breakLength: Number.POSITIVE_INFINITY });
  return (
    `${nameOf(manifest)} selects ${reach.things} in ${isAll ? 'every namespace' : lacking.join(', ')}, where this ` +
    'Prometheus has no right to find them, so they would not be scraped. ' +
    `Call prometheus.access.allow(${allowed}) and ` +
    `${peers.map((peer) => `prometheus.connections.allowTo(${peer})`).join(', ')}; ` +
    `or declare the target by prometheus.monitor(${reach.instead}(…)) in the place of the ${manifest.kind}.`
  );
}

/** What a monitor says nothing of is its own namespace. */
function selectedNamespaces({ metadata, spec }: Manifest): readonly string[] | 'all' {
  const { namespaceSelector } = (spec ?? {}) as {
    readonly namespaceSelector?: { readonly any?: boolean; readonly matchNames?: readonly string[] };
  };
  const { any = false, matchNames = [] } = namespaceSelector ?? {};
  if (any) {
    return 'all';
  }
  return matchNames.length > 0 ? matchNames : [metadata.namespace ?? 'default'];
}

/** Says which monitors and rules of the app lie where this Prometheus looks, but are selected by none. */
export function adviseForeignMonitors(objects: readonly SynthesizedObject[], selection: Selection): readonly string[] {
  return foreignMonitors(objects)
    .filter(({ manifest }) => looksAt(selection, manifest))
    .filter(
      ({ construct, manifest }) =>
        !selectionsBeside(construct).some((other) => takesUp(other, manifest)) && !isSelected(manifest, objects),
    )
    .map(
      ({ construct, manifest }) =>
        `${nameOf(manifest)} (${construct.node.path}): nothing selects it. ` +
        `Add the labels ${missingLabels(selection, manifest).join(', ')}.`,
    );
}

/** Whether a server that the user wrote as a custom resource selects it; where that looks is its owner's matter. */
function isSelected(manifest: Manifest, objects: readonly SynthesizedObject[]): boolean {
  const field = SELECTORS[manifest.kind] ?? '';
  return objects.some(({ manifest: { apiVersion, spec } }) => {
    const selector = (spec as Readonly<Record<string, LabelSelector | null>> | undefined)?.[field] ?? undefined;
    return apiVersion.startsWith(GROUP) && selector !== undefined && selects(selector, manifest.metadata.labels ?? {});
  });
}
