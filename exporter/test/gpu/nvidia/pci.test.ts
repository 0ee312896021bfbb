import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { byAddress, expectedGpus } from '../../../src/gpu/nvidia/pci.js';

let sysfs: string;

beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'gpu-exporter-pci-'));
});

afterEach(() => {
  rmSync(sysfs, { recursive: true, force: true });
});

function add(address: string, vendor: string, deviceClass: string): string {
  const folder = join(sysfs, 'bus/pci/devices', address);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'vendor'), `${vendor}\n`);
  writeFileSync(join(folder, 'class'), `${deviceClass}\n`);
  return folder;
}

it('lists GPUs of NVIDIA with and without a display, in the order of the bus', () => {
  add('10000:01:00.0', '0x10de', '0x030200');
  add('0000:86:00.0', '0x10de', '0x030200');
  add('0000:3b:00.0', '0x10de', '0x030000');
  add('0000:3b:00.1', '0x10de', '0x040300');
  add('0000:05:00.0', '0x10de', '0x068000');
  add('0000:03:00.0', '0x1002', '0x030000');
  expect(expectedGpus(sysfs)).toEqual(['0000:3b:00.0', '0000:86:00.0', '10000:01:00.0']);
});

it('leaves out GPUs that were given to another driver', () => {
  symlinkSync('../../../bus/pci/drivers/vfio-pci', join(add('0000:3b:00.0', '0x10de', '0x030200'), 'driver'));
  symlinkSync('../../../bus/pci/drivers/nvidia', join(add('0000:86:00.0', '0x10de', '0x030200'), 'driver'));
  expect(expectedGpus(sysfs)).toEqual(['0000:86:00.0']);
});

it('leaves out virtual functions', () => {
  mkdirSync(join(add('0000:3b:00.4', '0x10de', '0x030200'), 'physfn'));
  expect(expectedGpus(sysfs)).toEqual([]);
});

it('expects nothing where there is no PCI bus', () => {
  expect(expectedGpus(join(sysfs, 'none'))).toEqual([]);
});

it('orders addresses by their number', () => {
  expect(['10000:01:00.0', '0000:ff:00.0', '0000:0a:00.0'].sort(byAddress)).toEqual([
    '0000:0a:00.0',
    '0000:ff:00.0',
    '10000:01:00.0',
  ]);
});
