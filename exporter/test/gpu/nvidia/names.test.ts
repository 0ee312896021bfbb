import { describe, expect, it } from 'vitest';
import { architectureName, brandName, isBeforeAmpere, normalizePciBusId } from '../../../src/gpu/nvidia/names.js';

describe('PCI addresses', () => {
  it.each([
    ['00000000:3B:00.0', '0000:3b:00.0'],
    ['0000:0A:1F.7', '0000:0a:1f.7'],
    ['00010000:E1:00.0', '10000:e1:00.0'],
    ['00000000:5B:00', '0000:5b:00.0'],
  ])('spells %s as the kernel does', (given, expected) => {
    expect(normalizePciBusId(given)).toBe(expected);
  });

  it('knows none in other text', () => {
    expect(normalizePciBusId('N/A')).toBeUndefined();
  });
});

it('guesses no name for a number that it does not know', () => {
  expect(architectureName(9)).toBe('Hopper');
  expect(architectureName(99)).toBeUndefined();
  expect(brandName(14)).toBe('NVIDIA');
  expect(brandName(0)).toBeUndefined();
});

it('knows which GPUs retire pages', () => {
  expect(isBeforeAmpere('Turing')).toBe(true);
  expect(isBeforeAmpere('Ampere')).toBe(false);
  expect(isBeforeAmpere(undefined)).toBe(false);
});
