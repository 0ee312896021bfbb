import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceIds } from '../../src/attribution/device-ids.js';
import { busId, device, deviceUuid, instance, migUuid } from './fixtures.js';

const ids = new DeviceIds([
  device(0),
  // Its index and its minor number are those of different GPUs.
  device(1, { identity: { minorNumber: 2 } }),
  device(2, {
    identity: { minorNumber: 1 },
    instances: [instance(2, 7, '3g.40gb'), instance(2, 9, '1g.10gb'), instance(2, 11, '1g.10gb')],
  }),
  device(3, { instances: [instance(3, 7, '1g.10gb')] }),
  device(4, { identity: { vendor: 'amd', uuid: undefined, minorNumber: undefined, index: undefined } }),
]);

describe('DeviceIds', () => {
  it.each([
    ['a GPU', deviceUuid(0), busId(0), false],
    ['a GPU in another case', deviceUuid(0).toLowerCase(), busId(0), false],
    ['a replica of time slicing', `${deviceUuid(1)}::3`, busId(1), true],
    ['a share of a scheduler', `${deviceUuid(1)}-4`, busId(1), true],
    ['a MIG instance', migUuid(2, 9), `${busId(2)}/9/0`, false],
    ['a replica of a MIG instance', `${migUuid(2, 9)}::0`, `${busId(2)}/9/0`, true],
    ['a MIG instance of older drivers', `MIG-${deviceUuid(2)}/11/0`, `${busId(2)}/11/0`, false],
    ['GKE, by minor number', 'nvidia2', busId(1), false],
    ['GKE, shared', 'nvidia0/vgpu3', busId(0), true],
    ['GKE, MIG', 'nvidia1/gi7', `${busId(2)}/7/0`, false],
    ['GKE, MIG shared', 'nvidia1/gi7/vgpu0', `${busId(2)}/7/0`, true],
    ['DRA, where index and minor number agree', 'gpu-3', busId(3), false],
    ['DRA, the one instance of a profile', 'gpu-3-mig-1g10gb-19-0', `${busId(3)}/7/0`, false],
    ['DRA, the one instance of a device', 'gpu-3-mig-19-0-1', `${busId(3)}/7/0`, false],
    ['a PCI address', '0000:14:00.0', busId(4), false],
  ])('finds %s', (_name, id, key, replica) => {
    for (let time = 0; time < 2; time++) expect(ids.resolve(id)).toEqual({ key, replica });
  });

  it.each([
    ['another GPU', 'GPU-ffffffff-0000-4000-8000-000000000000'],
    ['a number that index and minor number have of different GPUs', 'gpu-1'],
    ['a profile that no instance has', 'gpu-3-mig-2g20gb-14-0'],
    ['an instance that could be one of three', 'gpu-2-mig-19-0-1'],
    ['an instance that does not exist', 'nvidia1/gi8'],
    ['a network card', '0000:99:00.0'],
    ['something else', 'rdma-shared-17'],
    ['nothing', ''],
    ['a text without end', `GPU-${'0'.repeat(100_000)}`],
  ])('does not find %s', (_name, id) => {
    for (let time = 0; time < 2; time++) expect(ids.resolve(id)).toBeUndefined();
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'GPU-',
      'MIG-',
      'nvidia',
      'gpu-',
      '-mig-',
      '/gi',
      '/vgpu',
      '::',
      '7',
      '0',
      deviceUuid(0),
      '/',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 8 }), (pieces) => {
        expect(['object', 'undefined']).toContain(typeof ids.resolve(pieces.join('')));
      }),
    );
  });
});
