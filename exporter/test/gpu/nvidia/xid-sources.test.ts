import { expect, it } from 'vitest';
import { XidSources } from '../../../src/gpu/nvidia/xid-sources.js';

const GPU = '0000:3b:00.0';

it('counts an error of both sources once, whichever comes first', () => {
  const sources = new XidSources();
  sources.begin(100);
  expect(sources.accept('nvml', GPU, 79, 100)).toBe(true);
  expect(sources.accept('kernel_log', GPU, 79, 100)).toBe(false);
  sources.begin(110);
  expect(sources.accept('kernel_log', GPU, 79, 110)).toBe(true);
  sources.begin(120);
  expect(sources.accept('nvml', GPU, 79, 120)).toBe(false);
});

it('counts errors that come twice from one source twice', () => {
  const sources = new XidSources();
  sources.begin(100);
  const accepted = [
    sources.accept('nvml', GPU, 31, 100),
    sources.accept('nvml', GPU, 31, 100),
    sources.accept('kernel_log', GPU, 31, 100),
    sources.accept('kernel_log', GPU, 31, 100),
    sources.accept('kernel_log', GPU, 31, 100),
  ];
  expect(accepted).toEqual([true, true, false, false, true]);
});

it('counts errors of other devices and numbers for themselves', () => {
  const sources = new XidSources();
  sources.begin(100);
  sources.accept('nvml', GPU, 31, 100);
  expect(sources.accept('kernel_log', '0000:af:00.0', 31, 100)).toBe(true);
  expect(sources.accept('kernel_log', GPU, 13, 100)).toBe(true);
});

it('no longer waits for the other source two collections later', () => {
  const sources = new XidSources();
  sources.begin(100);
  sources.accept('kernel_log', GPU, 62, 100);
  sources.begin(110);
  sources.begin(120);
  expect(sources.accept('nvml', GPU, 62, 120)).toBe(true);
});

it('waits two seconds however many collections there are', () => {
  const sources = new XidSources();
  for (const time of [100, 100.5, 101, 101.5]) {
    sources.begin(time);
    if (time === 100) sources.accept('kernel_log', GPU, 62, time);
  }
  expect(sources.accept('nvml', GPU, 62, 101.5)).toBe(false);
});
