import type { Labels } from '../model/label';

/** The name and instance of a component, from which its selector is made. */
export interface Identity {
  /** What it is, such as `prometheus`. */
  readonly component: string;
  /** Which one it is: the name of its objects. */
  readonly name: string;
  readonly namespace: string;
}

/**
 * The labels by which a component's pods are selected.
 *
 * A selector of a workload cannot be changed once applied, so it never holds a version or anything that moves.
 */
export function selectorLabels({ component, name }: Identity): Labels {
  return { 'app.kubernetes.io/name': component, 'app.kubernetes.io/instance': name };
}

/**
 * The recommended labels of every object of a component.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function recommendedLabels(identity: Identity): Labels {
  return {
    ...selectorLabels(identity),
    'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring',
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}
