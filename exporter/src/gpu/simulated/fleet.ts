import type { DeviceIdentity } from '../sample.js';
import { type GpuModel, MODELS } from './models.js';
import { hash, hexDigits, uuid } from './random.js';

const MAX_DEVICES = 64;
const MIB = 1024 * 1024;

/** A MIG instance of a simulated GPU. */
export interface SimulatedInstance {
  readonly gpuInstanceId: number;
  readonly uuid: string;
  readonly profile: string;
  readonly slices: number;
  readonly multiprocessors: number;
  readonly memoryBytes: number;
}

/** A simulated GPU. */
export interface SimulatedDevice {
  readonly number: number;
  readonly model: GpuModel;
  readonly identity: DeviceIdentity & { readonly uuid: string };
  readonly memoryBytes: number;
  /** Empty without MIG. */
  readonly instances: readonly SimulatedInstance[];
}

/** Slices of multiprocessors, eighths of the memory, and the id that the driver gives the instance. */
const MIG_LAYOUT = [
  { slices: 3, eighths: 4, gpuInstanceId: 2 },
  { slices: 2, eighths: 2, gpuInstanceId: 3 },
  { slices: 1, eighths: 1, gpuInstanceId: 9 },
  { slices: 1, eighths: 1, gpuInstanceId: 10 },
] as const;

interface Group {
  readonly count: number;
  readonly model: GpuModel;
  readonly mig: boolean;
}

function parseGroup(text: string): Group {
  const [, count, name = '', flag] = /^(\d{1,4})x([^+]+)(?:\+(.*))?$/i.exec(text) ?? [];
  if (count === undefined) {
    throw new Error(`'${text}' is no number of GPUs of a model, such as 8xH100 or 4xA100+MIG`);
  }
  const model = Object.entries(MODELS).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  if (!model) throw new Error(`'${name}' is no model that is simulated; known are ${Object.keys(MODELS).join(', ')}`);
  if (flag !== undefined && flag.toLowerCase() !== 'mig') {
    throw new Error(`'+${flag}' of '${text}' is unknown; only +MIG is allowed`);
  }
  if (flag !== undefined && !model.mig) {
    const able = Object.keys(MODELS).filter((key) => MODELS[key]?.mig);
    throw new Error(`${name} has no MIG; models that have it are ${able.join(', ')}`);
  }
  return { count: Number(count), model, mig: flag !== undefined };
}

function instancesOf({ model, mig }: Group, seed: number, device: number): readonly SimulatedInstance[] {
  if (!mig || !model.mig) return [];
  const { gigabytes, multiprocessors } = model.mig;
  return MIG_LAYOUT.map(({ slices, eighths, gpuInstanceId }) => ({
    gpuInstanceId,
    slices,
    uuid: `MIG-${uuid(seed, device, 2, gpuInstanceId)}`,
    profile: `${slices}g.${gigabytes[slices - 1]}gb`,
    multiprocessors: multiprocessors * slices,
    memoryBytes: Math.floor((model.memoryMib * eighths) / 8) * MIB,
  }));
}

function deviceOf(group: Group, seed: number, number: number): SimulatedDevice {
  const { model } = group;
  const bus = (0x1b + number * 3).toString(16).padStart(2, '0');
  return {
    number,
    model,
    memoryBytes: model.memoryMib * MIB,
    instances: instancesOf(group, seed, number),
    identity: {
      vendor: 'nvidia',
      pciBusId: `0000:${bus}:00.0`,
      index: number,
      minorNumber: number,
      uuid: `GPU-${uuid(seed, number, 1)}`,
      model: model.name,
      brand: model.brand,
      architecture: model.architecture,
      computeCapability: model.computeCapability,
      ...(model.ecc && { serial: String(1_320_000_000_000 + (hash(seed, number, 3) % 1_000_000_000)) }),
      vbiosVersion: `96.00.${hexDigits(2, seed, 4).toUpperCase()}.00.01`,
      numaNode: number % 2,
      memoryType: 'dedicated',
    },
  };
}

/**
 * Reads what `--gpus` says: numbers and models, such as `8xH100`, `4xA100+MIG` or `2xL40S,2xT4`.
 *
 * @throws Error that names what is wrong and what is allowed
 */
export function parseFleet(text: string, seed: number): readonly SimulatedDevice[] {
  const groups = text.split(',').map((part) => parseGroup(part.trim()));
  const models = groups.flatMap((group) => Array.from({ length: Math.min(group.count, MAX_DEVICES + 1) }, () => group));
  if (models.length < 1 || models.length > MAX_DEVICES) {
    const total = groups.reduce((sum, { count }) => sum + count, 0);
    throw new Error(`${total} GPUs cannot be simulated; a node has 1 to ${MAX_DEVICES}`);
  }
  return models.map((group, number) => deviceOf(group, seed, number));
}
