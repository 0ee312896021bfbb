import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { bindingFolder, runPython } from './binding.js';
import { compileNvml, deviceValues, hasCompiler } from './library.js';
import { NvmlScript } from './script.js';
import type { Scalar } from './scripted.js';

/** Values that no function gives as such, or whose number means something to the library itself. */
const NOT_READ = new Set(['utilization.period_ms', 'utilization.history_ms', 'nvlink.count', 'nvlink.speed']);

/** Values that cannot be any number. */
const CHOSEN: Readonly<Record<string, Scalar>> = {
  name: 'NVIDIA Test Board 80GB',
  uuid: 'GPU-01234567-89ab-cdef-0123-456789abcdef',
  serial: '1320921012345',
  vbios: '96.00.74.00.01',
  gsp: '580.95.05',
  pci: '0000000A:3B:1C.0',
  compute_capability: '9.0',
  'fabric.uuid': '00112233445566778899aabbccddeeff',
  'inforom.image': 'G520.0200.00.05',
  board_part: '692-2G520-0200-000',
  architecture: 9,
  'memory.total': 85_520_809_984,
  'memory.used': 21_474_836_481,
  'memory.reserved': 629_145_603,
  'bar1.total': 137_438_953_472,
  'fan.count': 8,
  'nvlink.count': 18,
  'utilization.period_ms': 1000,
  'utilization.history_ms': 5000,
  'mig.mode': 0,
  'gpm.supported': 1,
  'events.supported': 0xff9f,
  'temperature.margin': -17,
  energy: '9007199254740993',
};

/** Numbers of 32 bits, no two of them the same. */
const values = Object.fromEntries(deviceValues().map((key, place) => [key, CHOSEN[key] ?? 100_000 + 13 * place]));

/** A device that answers something else to every question, and one that is divided. */
function writeScript(path: string): NvmlScript {
  const script = new NvmlScript(path).device({ values }).device({ values: { 'mig.mode': 1 } });
  script
    .set(0, 'retired.single', 3)
    .set(0, 'retired.double', 2)
    .set(0, 'fabric.state', 3)
    .set(0, 'fabric.health_summary', 2);
  const types = ['double', 'uint', 'ulong', 'ull', 'sll', 'int', 'ushort'] as const;
  const spelled = ['2.5', 4_000_000_000, '18446744073709551615', '9007199254740993', -5, -6, 7];
  for (const [kind, type] of types.entries()) script.field(0, 900 + kind, 0, type, spelled[kind] ?? 0);
  script.link(0, 1, 'replay', 4711).field(0, 138, '*', 'ull', 1).field(0, 138, '0-17', 'ull', 2);
  script.field(0, 138, 3, 'ull', 3).field(0, 138, '0xFFFFFFFF', 'ull', 4);
  script.process(0, {
    pid: 101,
    memory: 1024,
    sm: 10,
    mem: 20,
    enc: 30,
    dec: 40,
    jpg: 50,
    ofa: 60,
    name: 'python3 train.py',
  });
  script.sample(0, 101, 250, [11, 22, 33, 44]);
  script.process(0, { pid: 102, type: 'graphics', memory: 'n/a' }).process(0, { pid: 103, type: 'mps', memory: 7 });
  script.gpm(0, 2, 37.5).gpm(0, 10, 110.25).event({ slot: 0, type: 8, data: 79, gi: 5, ci: 6 });
  script.mig(1, {
    index: 2,
    gi: 7,
    ci: 1,
    profile: '1g.10gb',
    uuid: 'MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    memoryTotal: 10_737_418_240,
    memoryUsed: 1_073_741_824,
    memoryReserved: 4096,
    attributes: {
      sm: 16,
      copy: 1,
      decoders: 2,
      encoders: 3,
      jpegs: 4,
      ofas: 5,
      gi_slices: 1,
      ci_slices: 6,
      profile_id: 19,
      start: 4,
      size: 1,
    },
  });
  script.mig(1, { index: 4, gi: 9, profile: '2g.20gb' }).migGpm(1, 7, 2, 12.5);
  script.process(1, { pid: 201, memory: 11, gi: 7, ci: 1 }).process(1, { pid: 202, memory: 12, gi: 9, ci: 0 });
  return script.write();
}

const NONE = 0xffffffff;

it.skipIf(!hasCompiler())(
  "NVIDIA's Python binding reads from the library what the script says",
  (context) => {
    const binding = bindingFolder(context);
    const folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-nvml-binding-'));
    try {
      const script = writeScript(join(folder, 'script'));
      const environment = { ...script.environment, LD_LIBRARY_PATH: dirname(compileNvml()) };
      const output = runPython(binding, [join(import.meta.dirname, 'binding_reads.py')], environment);
      // Past 2^53 a number would be rounded here, so it is compared as text.
      const read = JSON.parse(output.replaceAll(/(?<=[[ ])\d{16,}(?=[\],}])/g, '"$&"'));

      const wanted = {
        ...values,
        'retired.single': 3,
        'retired.double': 2,
        'fabric.state': 3,
        'fabric.health_summary': 2,
      };
      for (const [key, value] of Object.entries(wanted)) {
        if (!NOT_READ.has(key)) expect([key, read[key]]).toEqual([key, value]);
      }
      expect(read).toMatchObject({
        versions: ['580.95.05', '13.580.95.05', 13000],
        count: 2,
        'found by address': CHOSEN.uuid,
        'found by uuid': 0,
        'memory of version 1': [
          85_520_809_984,
          21_474_836_481 + 629_145_603,
          85_520_809_984 - 21_474_836_481 - 629_145_603,
        ],
        'temperature of version 1': values['temperature.gpu'],
        'replay of link 1': 4711,
        compute: [[101, 1024, NONE, NONE]],
        'compute of version 2': [[101, 1024, NONE, NONE]],
        graphics: [[102, null, NONE, NONE]],
        mps: [[103, 7, NONE, NONE]],
        detail: [[101, 1024, NONE, NONE, 0]],
        samples: [[101, 11, 22, 33, 44]],
        infos: [[101, 11, 22, 33, 44, 0, 0]],
        'process name': 'python3 train.py',
        fields: [
          [0, 2.5],
          [0, 4_000_000_000],
          [0, '18446744073709551615'],
          [0, '9007199254740993'],
          [0, -5],
          [0, -6],
          [0, 7],
          [0, 2],
          [0, 3],
          [0, 4],
          [3, null],
        ],
        profiling: [
          [0, 37.5],
          [0, 110.25],
          [3, 0],
        ],
        'refuses samples in the wrong order': 2,
        event: [8, 79, 5, 6],
        'event is of device': CHOSEN.uuid,
        'no event': 10,
        'MIG indexes': [2, 4],
        'MIG name': 'NVIDIA H100 80GB HBM3 MIG 1g.10gb',
        'MIG uuid': 'MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        'MIG ids': [7, 1, 1],
        'MIG memory': [10_737_418_240, 1_073_741_824, 4096],
        'MIG attributes': [16, 1, 2, 3, 4, 5, 1, 6, 10_240],
        'GPU instance': [7, 19, 4, 1],
        profile: 'MIG 1g.10gb',
        'MIG processes': [[201, 11, 7, 1]],
        'processes of the parent': [
          [201, 11, 7, 1],
          [202, 12, 9, 0],
        ],
        'MIG profiling': [
          [0, 12.5],
          [3, 0],
          [3, 0],
        ],
        'utilization under MIG': 3,
        'utilization of processes under MIG': 3,
        'power of a MIG device': 3,
        'after shutdown': 1,
        'stale handle': 2,
      });
      expect(read['age of the last sample']).toBeGreaterThan(0.2);
      expect(read.waited).toBeGreaterThan(0.055);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
