import type { Owner } from '../snapshot.js';

/**
 * What all owners of a device agree on. A device that several pods share has no pod here: a series for each of them would
 * count the device several times. `gpu_pod_*` of the native profile says what each of them uses.
 */
export function commonOwner(owners: readonly Owner[]): Partial<Owner> {
  const [first, ...others] = owners;
  if (first === undefined) {
    return {};
  }
  const same = (key: 'namespace' | 'pod' | 'container') => others.every((other) => other[key] === first[key]);
  const samePod = same('namespace') && same('pod');
  return {
    ...(same('namespace') ? { namespace: first.namespace } : {}),
    ...(samePod ? { pod: first.pod } : {}),
    ...(samePod && same('container') && first.container !== undefined ? { container: first.container } : {}),
  };
}
