import { expect, it } from 'vitest';
import { LAYOUTS } from '../../../src/gpu/nvidia/layouts.js';
import { profileOfAttributes, profileOfName } from '../../../src/gpu/nvidia/mig-profile.js';

it.each([
  ['NVIDIA A100-SXM4-40GB MIG 1g.5gb', '1g.5gb'],
  ['NVIDIA H100 80GB HBM3 MIG 1c.3g.40gb', '1c.3g.40gb'],
  ['NVIDIA H200 MIG 1g.18gb+me', '1g.18gb+me'],
  ['MIG 2g.35gb+gfx', '2g.35gb+gfx'],
  ['NVIDIA H100 80GB HBM3', undefined],
  ['', undefined],
])('reads the profile in the name %j', (name, profile) => {
  expect(profileOfName(name)).toBe(profile);
});

it.each([
  [1, 1, 4864, '1g.5gb'],
  [2, 2, 9984, '2g.10gb'],
  [7, 7, 40_192, '7g.40gb'],
  [3, 1, 40_448, '1c.3g.40gb'],
  [0, 0, 40_192, undefined],
])(
  'composes the profile of %i slices, %i of them computing, with %i MiB',
  (gpuSlices, computeSlices, memory, profile) => {
    const { size, fields } = LAYOUTS.nvmlDeviceAttributes_t;
    const attributes = Buffer.alloc(size);
    attributes.writeUInt32LE(gpuSlices, fields.gpuInstanceSliceCount.offset);
    attributes.writeUInt32LE(computeSlices, fields.computeInstanceSliceCount.offset);
    attributes.writeBigUInt64LE(BigInt(memory), fields.memorySizeMB.offset);
    expect(profileOfAttributes(attributes)).toBe(profile);
  },
);
