import { expect, it } from 'vitest';
import { mergeCapabilities } from '../../../src/gpu/nvidia/capabilities.js';

const lacks = (capability: string, pciBusId: string) => ({
  capability,
  supported: false,
  reason: 'NOT_SUPPORTED',
  pciBusId,
});

it('says once what is the same of every device, and of which device the rest is', () => {
  expect(mergeCapabilities([lacks('fans', 'a'), lacks('fans', 'b'), lacks('ecc', 'b')], 2)).toEqual([
    { capability: 'fans', supported: false, reason: 'NOT_SUPPORTED' },
    lacks('ecc', 'b'),
  ]);
});

it('keeps answers with different reasons apart', () => {
  const all = [lacks('events', 'a'), { ...lacks('events', 'b'), reason: 'missing_symbol' }];
  expect(mergeCapabilities(all, 2)).toEqual(all);
});
