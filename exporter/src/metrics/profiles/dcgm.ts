import type { Settings } from '../../config/settings.js';
import { XIDS } from '../../gpu/nvidia/xid.js';
import { type LabelText, labelText } from '../label-text.js';
import type { SeriesWriter } from '../series-writer.js';
import type { Entity, Snapshot } from '../snapshot.js';
import { CounterRates } from './counter-rates.js';
import { DCGM_DEFAULT_METRICS } from './dcgm-default-table.js';
import { DCGM_4_6_NAMES } from './dcgm-names.js';
import { DCGM_OPTIONAL_METRICS } from './dcgm-optional-table.js';
import { commonOwner } from './owner.js';
import { pointValue } from './point-value.js';
import type { ProfileWriter } from './profile.js';
import { type DerivedValue, type TableMetric, TableProfile } from './table.js';

/** Which dcgm-exporter is followed. */
export type DcgmProfileOptions = Settings['dcgm'];

const LINKS = 18;
const MEGABYTE = 1e6;

/** The metrics of the profile, by the names of the release. */
export function dcgmMetrics({
  names,
  optional,
}: Pick<DcgmProfileOptions, 'names' | 'optional'>): readonly TableMetric[] {
  const metrics = optional ? [...DCGM_DEFAULT_METRICS, ...DCGM_OPTIONAL_METRICS] : DCGM_DEFAULT_METRICS;
  return names === '4.5' ? metrics : metrics.map((each) => ({ ...each, name: DCGM_4_6_NAMES[each.name] ?? each.name }));
}

/**
 * Writes names, labels and units of dcgm-exporter.
 *
 * A GPU that is divided has its own series, and those of its instances beside them; dcgm-exporter has the instances alone.
 * Labels of a pod are there where one pod has the device.
 *
 * @see https://github.com/NVIDIA/dcgm-exporter
 */
export class DcgmProfile implements ProfileWriter {
  private readonly table: TableProfile;
  private readonly written: ReadonlySet<string>;
  private readonly rates = new CounterRates(['gpu_nvlink_transmit_bytes_total', 'gpu_nvlink_receive_bytes_total']);

  constructor(
    private readonly options: DcgmProfileOptions,
    private readonly hostname: string,
  ) {
    const metrics = dcgmMetrics(options);
    this.written = new Set(metrics.map(({ name }) => name));
    this.table = new TableProfile({
      metrics,
      labels: (entity, snapshot) => this.labels(entity, snapshot),
      derive: (entity) => (entity.kind === 'device' ? this.derive(entity) : []),
    });
  }

  get families(): ProfileWriter['families'] {
    return this.table.families;
  }

  write(snapshot: Snapshot, to: SeriesWriter): void {
    this.rates.advance(snapshot);
    this.table.write(snapshot, to);
  }

  private labels({ kind, identity, labels, owners }: Entity, { drivers }: Snapshot): LabelText | undefined {
    if ((kind !== 'device' && kind !== 'instance') || identity?.vendor !== 'nvidia' || identity.index === undefined) {
      return undefined;
    }
    const { container, namespace, pod } = commonOwner(owners);
    return labelText({
      gpu: String(identity.index),
      UUID: identity.uuid,
      pci_bus_id: nvmlBusId(identity.pciBusId),
      // The index there too, whatever the name of the file in /dev is.
      device: `nvidia${identity.index}`,
      modelName: identity.model,
      ...(kind === 'instance' ? { GPU_I_PROFILE: labels.profile, GPU_I_ID: labels.gpu_instance_id } : {}),
      [this.options.hostnameLabel]: this.hostname,
      DCGM_FI_DRIVER_VERSION: drivers.nvidia?.driver,
      container,
      namespace,
      pod,
    });
  }

  private derive(entity: Entity): readonly DerivedValue[] {
    const values = [lastXid(entity), usedShare(entity), ...this.nvlinkTraffic(entity)];
    return values.flatMap((each) => {
      const name = each === undefined ? '' : this.nameOf(each.name);
      return each !== undefined && this.written.has(name) ? [{ ...each, name }] : [];
    });
  }

  /** From the profiling counters, else from what the links counted since the last scrape. */
  private nvlinkTraffic(entity: Entity): readonly DerivedValue[] {
    const links = Array.from({ length: LINKS }, (_, link) => ({
      link,
      sent: this.rates.rate(entity, 'gpu_nvlink_transmit_bytes_total', String(link)),
      received: this.rates.rate(entity, 'gpu_nvlink_receive_bytes_total', String(link)),
    })).flatMap(({ link, sent, received }) =>
      sent === undefined || received === undefined ? [] : [{ link, value: (sent + received) / MEGABYTE }],
    );
    const sent = pointValue(entity, 'gpu_nvlink_transmit_bytes_per_second');
    const received = pointValue(entity, 'gpu_nvlink_receive_bytes_per_second');
    const measured = sent === undefined || received === undefined ? undefined : (sent + received) / MEGABYTE;
    const total = measured ?? (links.length === 0 ? undefined : links.reduce((sum, { value }) => sum + value, 0));
    return [
      ...(total === undefined ? [] : [{ name: 'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', value: Math.round(total) }]),
      ...links.map(({ link, value }) => ({ name: `DCGM_FI_DEV_NVLINK_BANDWIDTH_L${link}`, value: Math.round(value) })),
    ];
  }

  private nameOf(name: string): string {
    return this.options.names === '4.5' ? name : (DCGM_4_6_NAMES[name] ?? name);
  }
}

/** The spelling of NVML: a domain of eight digits, in capitals. */
function nvmlBusId(pciBusId: string): string {
  return pciBusId.toUpperCase().padStart('00000000:00:00.0'.length, '0');
}

/** The XID that was reported last; 0 for a GPU that reports them and has had none. */
function lastXid({ points }: Entity): DerivedValue | undefined {
  let xid: string | undefined;
  let latest = 0;
  for (const [metric, value, label = ''] of points) {
    if (metric === 'gpu_xid_errors_total') {
      xid ??= '0';
    } else if (metric === 'gpu_xid_last_timestamp_seconds' && value > latest) {
      latest = value;
      xid = label;
    }
  }
  return xid === undefined
    ? undefined
    : {
        name: 'DCGM_FI_DEV_XID_ERRORS',
        value: Number(xid),
        labels: { err_code: xid, err_msg: meaningOf(Number(xid)) },
      };
}

function meaningOf(xid: number): string {
  return xid === 0 ? 'No Error' : (XIDS.get(xid)?.meaning ?? 'Unknown Error');
}

function usedShare(entity: Entity): DerivedValue | undefined {
  const used = pointValue(entity, 'gpu_memory_used_bytes');
  const total = pointValue(entity, 'gpu_memory_total_bytes');
  const reserved = pointValue(entity, 'gpu_memory_reserved_bytes') ?? 0;
  return used === undefined || total === undefined || total <= reserved
    ? undefined
    : { name: 'DCGM_FI_DEV_FB_USED_PERCENT', value: Math.round((used / (total - reserved)) * 1e4) / 1e4 };
}
