import { k8s } from './k8s';
import type { Storage } from './storage';

/** Where the custom resources of prometheus-operator keep their data. */
export function operatorStorage(storage: Storage): Record<string, unknown> {
  const claim = storage.claimSpec();
  if (claim === undefined) {
    return { emptyDir: k8s.toJson_Volume(storage.volume('data'))?.emptyDir ?? {} };
  }
  const annotations = storage.claimAnnotations;
  return {
    volumeClaimTemplate: {
      ...(annotations && { metadata: { annotations } }),
      spec: k8s.toJson_PersistentVolumeClaimSpec(claim),
    },
  };
}
