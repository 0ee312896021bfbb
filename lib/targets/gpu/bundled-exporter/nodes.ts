import type { k8s } from '../../../core/k8s';

/**
 * Labels by which nodes with a GPU of NVIDIA are known; one is enough.
 *
 * They come from NVIDIA's GPU operator and feature discovery, from Node Feature Discovery (PCI vendor alone, or class and vendor),
 * and from GKE.
 *
 * @see https://kubernetes-sigs.github.io/node-feature-discovery/stable/usage/features.html
 */
const LABELS: readonly k8s.NodeSelectorRequirement[] = [
  { key: 'nvidia.com/gpu.present', operator: 'In', values: ['true'] },
  { key: 'feature.node.kubernetes.io/pci-10de.present', operator: 'In', values: ['true'] },
  { key: 'feature.node.kubernetes.io/pci-0302_10de.present', operator: 'In', values: ['true'] },
  { key: 'feature.node.kubernetes.io/pci-0300_10de.present', operator: 'In', values: ['true'] },
  { key: 'cloud.google.com/gke-accelerator', operator: 'Exists' },
];

/** Pods go to nodes with a GPU. */
export const GPU_NODES: k8s.Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: LABELS.map((label) => ({ matchExpressions: [label] })),
    },
  },
};

/** The taint of nodes with a GPU, in its usual spelling. */
export const GPU_TAINT: k8s.Toleration = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };
