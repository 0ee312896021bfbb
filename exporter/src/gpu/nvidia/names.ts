/** Names by the numbers that the driver gives them; a number without a name is left out, never guessed. */

/** Architectures, as NVIDIA's documentation and labels of nodes have them. */
const ARCHITECTURES: Readonly<Record<number, string>> = {
  2: 'Kepler',
  3: 'Maxwell',
  4: 'Pascal',
  5: 'Volta',
  6: 'Turing',
  7: 'Ampere',
  8: 'Ada Lovelace',
  9: 'Hopper',
  10: 'Blackwell',
  13: 'Rubin',
};

const BEFORE_AMPERE: ReadonlySet<string | undefined> = new Set(['Kepler', 'Maxwell', 'Pascal', 'Volta', 'Turing']);

/** Product lines. */
const BRANDS: Readonly<Record<number, string>> = {
  1: 'Quadro',
  2: 'Tesla',
  3: 'NVS',
  4: 'GRID',
  5: 'GeForce',
  6: 'Titan',
  7: 'NVIDIA vApps',
  8: 'NVIDIA vPC',
  9: 'NVIDIA vCS',
  10: 'NVIDIA vWS',
  11: 'NVIDIA Cloud Gaming',
  12: 'Quadro RTX',
  13: 'NVIDIA RTX',
  14: 'NVIDIA',
  15: 'GeForce RTX',
  16: 'Titan RTX',
};

/** @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceArchitecture.html */
export function architectureName(number: number | undefined): string | undefined {
  return number === undefined ? undefined : ARCHITECTURES[number];
}

/** Whether GPUs of an architecture retire pages of memory, rather than replace rows. */
export function isBeforeAmpere(architecture: string | undefined): boolean {
  return BEFORE_AMPERE.has(architecture);
}

export function brandName(number: number | undefined): string | undefined {
  return number === undefined ? undefined : BRANDS[number];
}

/**
 * A PCI address as the kernel spells it.
 *
 * NVML writes the domain with eight digits and letters in upper case: `00000000:3B:00.0` is `0000:3b:00.0`.
 */
export function normalizePciBusId(busId: string): string | undefined {
  const match = /^([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)(?:\.([0-7]))?$/i.exec(busId);
  if (match === null) {
    return undefined;
  }
  const [, domain = '', bus = '', slot = '', fn = '0'] = match;
  const hex = (digits: string, length: number) => Number.parseInt(digits, 16).toString(16).padStart(length, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}
