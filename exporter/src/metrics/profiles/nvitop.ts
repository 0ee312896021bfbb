import { type LabelText, labelText, withLabel } from '../label-text.js';
import type { SeriesWriter } from '../series-writer.js';
import type { Entity, Snapshot } from '../snapshot.js';
import { CounterRates } from './counter-rates.js';
import { NVITOP_METRICS } from './nvitop-table.js';
import { pointValue } from './point-value.js';
import type { ProfileWriter } from './profile.js';
import { type DerivedValue, TableProfile } from './table.js';

const MEBIBYTE = 1_048_576;
const NVLINK = { tx: 'gpu_nvlink_transmit_bytes_total', rx: 'gpu_nvlink_receive_bytes_total' } as const;
const PCIE = {
  tx: { direction: 'transmit', rate: 'gpu_pcie_transmit_bytes_per_second', counter: 'gpu_pcie_transmit_bytes_total' },
  rx: { direction: 'receive', rate: 'gpu_pcie_receive_bytes_per_second', counter: 'gpu_pcie_receive_bytes_total' },
} as const;
const NOTHING: readonly DerivedValue[] = [];
const DIRECTIONS = ['tx', 'rx'] as const;

/**
 * Writes names, labels and units of nvitop-exporter, and the labels `pod_name`, `pod_namespace` and `container_name` of
 * processes in pods.
 *
 * A process on a MIG instance has the index `GPU:instance` and the UUID of the instance, as nvitop has it; the instance is
 * given by the id of its GPU instance, with the id of the compute instance after it where that is not 0.
 */
export class NvitopProfile implements ProfileWriter {
  private readonly rates = new CounterRates([
    ...Object.values(NVLINK),
    ...Object.values(PCIE).map((each) => each.counter),
  ]);
  private readonly table: TableProfile;
  private readonly deviceTexts = new Map<string, LabelText>();

  constructor(private readonly hostname: string) {
    this.table = new TableProfile({
      metrics: NVITOP_METRICS,
      labels: (entity) => this.labels(entity),
      derive: (entity, snapshot) => this.derive(entity, snapshot),
    });
  }

  get families(): ProfileWriter['families'] {
    return this.table.families;
  }

  write(snapshot: Snapshot, to: SeriesWriter): void {
    this.rates.advance(snapshot);
    this.deviceTexts.clear();
    this.table.write(snapshot, to);
  }

  private labels(entity: Entity): LabelText | undefined {
    const { kind, identity, labels, owners, points } = entity;
    if (kind === 'node') {
      return labels.vendor === 'nvidia' ? labelText({ hostname: this.hostname }) : undefined;
    }
    if ((kind !== 'device' && kind !== 'process') || identity?.vendor !== 'nvidia' || identity.index === undefined) {
      return undefined;
    }
    const device = this.deviceText(entity);
    if (kind === 'device') {
      return device;
    }
    const info = points.find(([name]) => name === 'gpu_process_info');
    const [owner] = owners;
    let text = withLabel(withLabel(device, 'pid', labels.pid), 'username', info?.[3]);
    if (owner !== undefined) {
      text = withLabel(withLabel(text, 'pod_name', owner.pod), 'pod_namespace', owner.namespace);
      text = withLabel(text, 'container_name', owner.container);
    }
    return text;
  }

  /** Labels of the GPU or the instance, which all processes on it share. */
  private deviceText({ identity, labels, migUuid }: Entity): LabelText {
    const index = [identity?.index, ...instanceOf(labels)].join(':');
    const uuid = migUuid ?? identity?.uuid;
    const key = `${index} ${uuid} ${identity?.model}`;
    let text = this.deviceTexts.get(key);
    if (text === undefined) {
      text = labelText({ hostname: this.hostname, index, devicename: identity?.model, uuid });
      this.deviceTexts.set(key, text);
    }
    return text;
  }

  private derive(entity: Entity, snapshot: Snapshot): readonly DerivedValue[] {
    switch (entity.kind) {
      case 'node':
        return [infoOf(snapshot)];
      case 'device':
        return [...usedShare(entity), ...this.pcieTraffic(entity), ...this.nvlinkTraffic(entity)];
      default:
        return NOTHING;
    }
  }

  /** As sampled where that is switched on, else from the profiling counters, else from the counters of the link. */
  private pcieTraffic(entity: Entity): readonly DerivedValue[] {
    return DIRECTIONS.flatMap((key) => {
      const { direction, rate, counter } = PCIE[key];
      const value =
        pointValue(entity, 'gpu_pcie_throughput_bytes_per_second', direction) ??
        pointValue(entity, rate) ??
        this.rates.rate(entity, counter);
      return value === undefined ? [] : [mebibytes(`gpu_pcie_${key}_throughput_MiBps`, value)];
    });
  }

  private nvlinkTraffic(entity: Entity): readonly DerivedValue[] {
    return DIRECTIONS.flatMap((key) => {
      const links = entity.points.flatMap(([name, , link = '']) => {
        const value = name === NVLINK[key] ? this.rates.rate(entity, name, link) : undefined;
        return value === undefined ? [] : [{ link, value }];
      });
      const total = links.reduce((sum, { value }) => sum + value, 0);
      return links.length === 0
        ? []
        : [
            mebibytes(`gpu_nvlink_total_${key}_throughput_MiBps`, total),
            mebibytes(`gpu_nvlink_mean_${key}_throughput_MiBps`, total / links.length),
            ...links.map(({ link, value }) => ({
              ...mebibytes(`gpu_nvlink_${key}_throughput_MiBps`, value),
              labels: { link },
            })),
          ];
    });
  }
}

function instanceOf({ gpu_instance_id: gpu, compute_instance_id: compute }: Entity['labels']): readonly string[] {
  return gpu === undefined ? [] : compute === undefined || compute === '0' ? [gpu] : [gpu, compute];
}

function infoOf({ entities, drivers }: Snapshot): DerivedValue {
  const devices = entities.filter(({ kind, identity }) => kind === 'device' && identity?.vendor === 'nvidia').length;
  const { driver = '', cuda = '' } = drivers.nvidia ?? {};
  return {
    name: 'nvitop_info',
    value: 1,
    labels: { device_count: String(devices), driver_version: driver, cuda_driver_version: cuda },
  };
}

function usedShare(entity: Entity): readonly DerivedValue[] {
  const used = pointValue(entity, 'gpu_memory_used_bytes');
  const total = pointValue(entity, 'gpu_memory_total_bytes') ?? 0;
  return used === undefined || total === 0
    ? []
    : [{ name: 'gpu_memory_percent_Percentage', value: Math.round((used / total) * 1000) / 10 }];
}

function mebibytes(name: string, value: number): DerivedValue {
  return { name, value: Math.round((value / MEBIBYTE) * 1e6) / 1e6 };
}
