/**
 * Kubernetes' own types as L1 classes.
 *
 * They are those that cdk8s-plus-28 exports as `k8s`; its other classes cannot express this stack, and loading them
 * takes a tenth of the time that a whole synthesis has.
 */
export * as k8s from 'cdk8s-plus-28/lib/imports/k8s';
