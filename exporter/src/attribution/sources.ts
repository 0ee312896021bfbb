import type { AllocationSource, ContainerSource, PodSource } from '../kubernetes/source.js';

/** Where attribution learns about pods; any list may be empty. */
export interface AttributionSources {
  /** The first one that knows something about a pod is believed, except that a pod has ended once any of them says so. */
  readonly pods: readonly PodSource[];
  readonly allocations: readonly AllocationSource[];
  readonly containers: readonly ContainerSource[];
}
