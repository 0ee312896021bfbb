import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const NVIDIA = '0x10de';
/** Display controllers with and without a display: the classes of GPUs. */
const GPU_CLASS = /^0x0(300|302)/;

/**
 * PCI addresses of the GPUs that NVIDIA's driver should list, in the order of the bus, which is the driver's too.
 *
 * Left out are functions that belong to virtual machines, and GPUs that were given to another driver, such as `vfio-pci`.
 *
 * @see https://docs.kernel.org/PCI/sysfs-pci.html
 */
export function expectedGpus(sysfs: string): readonly string[] {
  const folder = join(sysfs, 'bus/pci/devices');
  try {
    return readdirSync(folder)
      .filter((address) => isExpected(join(folder, address)))
      .sort(byAddress);
  } catch {
    // No PCI bus, or no access to what is known of it.
    return [];
  }
}

function isExpected(device: string): boolean {
  try {
    return (
      readFileSync(join(device, 'vendor'), 'utf8').trim() === NVIDIA &&
      GPU_CLASS.test(readFileSync(join(device, 'class'), 'utf8').trim()) &&
      !existsSync(join(device, 'physfn')) &&
      ['nvidia', undefined].includes(driverOf(device))
    );
  } catch {
    return false;
  }
}

function driverOf(device: string): string | undefined {
  try {
    return basename(readlinkSync(join(device, 'driver')));
  } catch {
    return undefined;
  }
}

/** Orders PCI addresses as the bus does: domains can have more than four digits. */
export function byAddress(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
