/** What a model of a GPU is, as its driver and its data sheet have it. */
export interface GpuModel {
  /** As the driver names it. */
  readonly name: string;
  readonly brand: string;
  readonly architecture: string;
  readonly computeCapability: string;
  readonly memoryMib: number;
  readonly idleWatts: number;
  readonly limitWatts: number;
  readonly multiprocessors: number;
  readonly clockMhz: number;
  readonly memoryClockMhz: number;
  readonly pcieGeneration: number;
  readonly nvlinks: number;
  /** Of one link in one direction. */
  readonly nvlinkMegabytes: number;
  readonly ecc: boolean;
  readonly fans: number;
  /** Gigabytes in the names of the MIG profiles with 1, 2 and 3 slices, and multiprocessors of a slice. */
  readonly mig?: { readonly gigabytes: readonly [number, number, number]; readonly multiprocessors: number };
}

const DATA_CENTER = { brand: 'NVIDIA', ecc: true, fans: 0, nvlinks: 0, nvlinkMegabytes: 0 } as const;
const HOPPER = { ...DATA_CENTER, architecture: 'Hopper', computeCapability: '9.0', pcieGeneration: 5 } as const;
const AMPERE = { ...DATA_CENTER, architecture: 'Ampere', computeCapability: '8.0', pcieGeneration: 4 } as const;
const ADA = { ...DATA_CENTER, architecture: 'Ada Lovelace', computeCapability: '8.9', pcieGeneration: 4 } as const;

/** Models by the names that `--gpus` takes. */
export const MODELS: Readonly<Record<string, GpuModel>> = {
  B200: {
    ...DATA_CENTER,
    name: 'NVIDIA B200',
    architecture: 'Blackwell',
    computeCapability: '10.0',
    memoryMib: 183_359,
    idleWatts: 140,
    limitWatts: 1000,
    multiprocessors: 148,
    clockMhz: 1965,
    memoryClockMhz: 3996,
    pcieGeneration: 5,
    nvlinks: 18,
    nvlinkMegabytes: 53_125,
    mig: { gigabytes: [23, 45, 90], multiprocessors: 18 },
  },
  H200: {
    ...HOPPER,
    name: 'NVIDIA H200',
    memoryMib: 143_771,
    idleWatts: 75,
    limitWatts: 700,
    multiprocessors: 132,
    clockMhz: 1980,
    memoryClockMhz: 3201,
    nvlinks: 18,
    nvlinkMegabytes: 26_562,
    mig: { gigabytes: [18, 35, 71], multiprocessors: 16 },
  },
  H100: {
    ...HOPPER,
    name: 'NVIDIA H100 80GB HBM3',
    memoryMib: 81_559,
    idleWatts: 70,
    limitWatts: 700,
    multiprocessors: 132,
    clockMhz: 1980,
    memoryClockMhz: 2619,
    nvlinks: 18,
    nvlinkMegabytes: 26_562,
    mig: { gigabytes: [10, 20, 40], multiprocessors: 16 },
  },
  A100: {
    ...AMPERE,
    name: 'NVIDIA A100-SXM4-80GB',
    memoryMib: 81_920,
    idleWatts: 60,
    limitWatts: 400,
    multiprocessors: 108,
    clockMhz: 1410,
    memoryClockMhz: 1593,
    nvlinks: 12,
    nvlinkMegabytes: 25_781,
    mig: { gigabytes: [10, 20, 40], multiprocessors: 14 },
  },
  'A100-40GB': {
    ...AMPERE,
    name: 'NVIDIA A100-SXM4-40GB',
    memoryMib: 40_960,
    idleWatts: 50,
    limitWatts: 400,
    multiprocessors: 108,
    clockMhz: 1410,
    memoryClockMhz: 1215,
    nvlinks: 12,
    nvlinkMegabytes: 25_781,
    mig: { gigabytes: [5, 10, 20], multiprocessors: 14 },
  },
  A10: {
    ...AMPERE,
    name: 'NVIDIA A10',
    computeCapability: '8.6',
    memoryMib: 23_028,
    idleWatts: 16,
    limitWatts: 150,
    multiprocessors: 72,
    clockMhz: 1695,
    memoryClockMhz: 6251,
  },
  L40S: {
    ...ADA,
    name: 'NVIDIA L40S',
    memoryMib: 46_068,
    idleWatts: 34,
    limitWatts: 350,
    multiprocessors: 142,
    clockMhz: 2520,
    memoryClockMhz: 9001,
  },
  L4: {
    ...ADA,
    name: 'NVIDIA L4',
    memoryMib: 23_034,
    idleWatts: 12,
    limitWatts: 72,
    multiprocessors: 58,
    clockMhz: 2040,
    memoryClockMhz: 6251,
  },
  T4: {
    ...DATA_CENTER,
    name: 'Tesla T4',
    architecture: 'Turing',
    computeCapability: '7.5',
    memoryMib: 15_360,
    idleWatts: 9,
    limitWatts: 70,
    multiprocessors: 40,
    clockMhz: 1590,
    memoryClockMhz: 5001,
    pcieGeneration: 3,
  },
  V100: {
    ...DATA_CENTER,
    name: 'Tesla V100-SXM2-32GB',
    brand: 'Tesla',
    architecture: 'Volta',
    computeCapability: '7.0',
    memoryMib: 32_768,
    idleWatts: 42,
    limitWatts: 300,
    multiprocessors: 80,
    clockMhz: 1530,
    memoryClockMhz: 877,
    pcieGeneration: 3,
    nvlinks: 6,
    nvlinkMegabytes: 25_781,
  },
  RTX4090: {
    ...ADA,
    name: 'NVIDIA GeForce RTX 4090',
    brand: 'GeForce',
    ecc: false,
    fans: 2,
    memoryMib: 24_564,
    idleWatts: 20,
    limitWatts: 450,
    multiprocessors: 128,
    clockMhz: 3105,
    memoryClockMhz: 10_501,
  },
};

/** Whether the profiling counters of the hardware can be read (GPM). */
export const hasProfiling = ({ architecture }: GpuModel): boolean =>
  architecture === 'Hopper' || architecture === 'Blackwell';

/** Whether rows of memory are replaced by spare ones. */
export const remapsRows = ({ ecc, architecture }: GpuModel): boolean =>
  ecc && architecture !== 'Turing' && architecture !== 'Volta';
