import { expect, test } from 'vitest';
import { parseFleet } from '../../../src/gpu/simulated/fleet.js';

test('reads numbers and models, in any case', () => {
  const fleet = parseFleet('2xL40S, 1xt4,1xA100+MIG', 1);
  expect(fleet.map(({ model }) => model.name)).toEqual([
    'NVIDIA L40S',
    'NVIDIA L40S',
    'Tesla T4',
    'NVIDIA A100-SXM4-80GB',
  ]);
  expect(fleet.map(({ instances }) => instances.map(({ profile }) => profile))).toEqual([
    [],
    [],
    [],
    ['3g.40gb', '2g.20gb', '1g.10gb', '1g.10gb'],
  ]);
});

test('gives devices and instances ids of their own, the same ones for a seed', () => {
  const ids = (seed: number) =>
    parseFleet('8xH100+MIG', seed).flatMap(({ identity, instances }) => [
      identity.pciBusId,
      identity.uuid,
      ...instances.map(({ uuid }) => uuid),
    ]);
  expect(new Set(ids(1)).size).toBe(8 * 6);
  expect(ids(1)).toEqual(ids(1));
  expect(ids(2)).not.toEqual(ids(1));
  expect(ids(1)[1]).toMatch(/^GPU-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each([
  ['8xH900', "'H900' is no model that is simulated; known are B200, H200, H100, A100"],
  ['H100', "'H100' is no number of GPUs of a model, such as 8xH100 or 4xA100+MIG"],
  ['', "'' is no number of GPUs of a model"],
  ['2xT4+MIG', 'T4 has no MIG; models that have it are B200, H200, H100, A100, A100-40GB'],
  ['2xH100+NVL', "'+NVL' of '2xH100+NVL' is unknown; only +MIG is allowed"],
  ['0xT4', '0 GPUs cannot be simulated; a node has 1 to 64'],
  ['60xT4,5xL4', '65 GPUs cannot be simulated; a node has 1 to 64'],
])('says what is wrong with %j', (text, message) => {
  expect(() => parseFleet(text, 1)).toThrow(message);
});
