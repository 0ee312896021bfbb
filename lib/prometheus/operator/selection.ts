import type { IConstruct } from 'constructs';
import type { Manifest } from '../../core/synthesis';
import type { Labels } from '../../model/label';

/** Which monitors and rules a Prometheus takes up. */
export interface Selection {
  readonly labels: Labels;
  /** Where it looks. */
  readonly namespaces: readonly string[] | 'all';
  /** An agent takes up no rules. */
  readonly evaluatesRules: boolean;
}

const selections = new WeakMap<IConstruct, (() => Selection)[]>();

/** Makes known what a Prometheus takes up, to others of the same app; asked at synth. */
export function declareSelection(prometheus: IConstruct, selection: () => Selection): void {
  const { root } = prometheus.node;
  selections.set(root, [...(selections.get(root) ?? []), selection]);
}

/** What is taken up by any Prometheus of the app that a construct is in. */
export function selectionsBeside(construct: IConstruct): readonly Selection[] {
  return (selections.get(construct.node.root) ?? []).map((selection) => selection());
}

/** Whether a Prometheus has a use for a monitor or rule at all. */
export function canUse({ evaluatesRules }: Selection, { kind }: Manifest): boolean {
  return evaluatesRules || kind !== 'PrometheusRule';
}

/** Whether a Prometheus looks where a monitor or rule lies. */
export function looksAt(selection: Selection, manifest: Manifest): boolean {
  const { namespaces } = selection;
  const isSeen = namespaces === 'all' || namespaces.includes(manifest.metadata.namespace ?? 'default');
  return isSeen && canUse(selection, manifest);
}

/** The labels that a monitor or rule lacks in order to be selected. */
export function missingLabels({ labels }: Selection, { metadata }: Manifest): readonly string[] {
  return Object.entries(labels)
    .filter(([key, value]) => metadata.labels?.[key] !== value)
    .map(([key, value]) => `${key}: ${value}`);
}

/** Whether a Prometheus takes a monitor or rule up. */
export function takesUp(selection: Selection, manifest: Manifest): boolean {
  return looksAt(selection, manifest) && missingLabels(selection, manifest).length === 0;
}
