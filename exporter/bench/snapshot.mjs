// Snapshots of a busy node, made from the catalogue: 8 GPUs with 64 processes each, unless told otherwise.
import { CATALOGUE } from '../build/metrics/catalogue.js';

const LABEL_VALUES = {
  sensor: ['gpu', 'memory'],
  threshold: ['slowdown', 'shutdown', 'gpu_max', 'memory_max'],
  clock: ['graphics', 'sm', 'memory', 'video'],
  reason: ['sw_power_cap', 'hw_slowdown', 'sync_boost', 'sw_thermal', 'hw_thermal', 'hw_power_brake'],
  link: Array.from({ length: 18 }, (_, index) => String(index)),
  engine: ['nvdec0', 'nvdec1', 'nvjpg0', 'nvofa0'],
  location: ['l1_cache', 'l2_cache', 'dram', 'register_file', 'sram'],
  xid: ['13', '31', '48', '63', '74', '79', '94', '95', '119'],
};

/** Values as a driver gives them: whole bytes and counts, percents as ratios; what is a property of the GPU stays. */
function sampleValue(name, { type, unit }, random) {
  if (type === 'info' || /limit|threshold|total_bytes|max|mode|pending|ecc|remap|errors/.test(name)) {
    return 1;
  }
  return unit === 'ratio'
    ? Math.round(random() % 100) / 100
    : unit === 'none' || unit === 'bytes'
      ? Math.round(random())
      : random();
}

function pointsOf(kind, random) {
  return Object.entries(CATALOGUE).flatMap(([name, definition]) =>
    definition.entity === kind
      ? definition.labels
          .reduce(
            (lists, label) => lists.flatMap((list) => (LABEL_VALUES[label] ?? ['one']).map((each) => [...list, each])),
            [[]],
          )
          .map((values) => [name, sampleValue(name, definition, random), ...values])
      : [],
  );
}

/** A snapshot; entities, points and strings are new objects every time, as they are after a collection. */
export function makeSnapshot({ gpus = 8, processes = 64, time = 1_700_000_000 } = {}) {
  let seed = time % 1000;
  const random = () => {
    seed = (seed * 16807 + 12345) % 2147483647;
    return seed / 1000;
  };
  const entities = [{ kind: 'node', labels: { vendor: 'nvidia' }, points: pointsOf('node', random), owners: [] }];
  for (let gpu = 0; gpu < gpus; gpu++) {
    const identity = {
      vendor: 'nvidia',
      pciBusId: `0000:${(gpu + 16).toString(16)}:00.0`,
      index: gpu,
      uuid: `GPU-${String(gpu).repeat(8)}-1111-2222-3333-444444444444`,
      model: 'NVIDIA H100 80GB HBM3',
      minorNumber: gpu,
    };
    const labels = { vendor: 'nvidia', gpu: String(gpu), uuid: identity.uuid, model: identity.model };
    entities.push({ kind: 'device', labels, identity, status: 'ok', points: pointsOf('device', random), owners: [] });
    for (let index = 0; index < processes; index++) {
      const owner = { namespace: 'research', pod: `training-${gpu}-${index % 4}`, container: 'pytorch' };
      const pid = String(100_000 + gpu * 1000 + index);
      entities.push({
        kind: 'process',
        labels: { ...labels, pid, ...owner },
        identity,
        points: pointsOf('process', random),
        owners: [owner],
      });
      if (index < 4) {
        entities.push({
          kind: 'pod',
          labels: { ...labels, ...owner },
          identity,
          points: pointsOf('pod', random),
          owners: [owner],
        });
      }
    }
  }
  return JSON.parse(JSON.stringify({ time, drivers: { nvidia: { driver: '580.95.05', cuda: '13.0' } }, entities }));
}
