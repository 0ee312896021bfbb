import type { MetricName } from '../../../metrics/catalogue.js';
import type { Device } from '../device.js';
import { RETRY_UNSUPPORTED_SECONDS, readU64 } from '../device-calls.js';
import { SUCCESS } from '../errors.js';
import { FieldBatch, type FieldId } from '../field-batch.js';
import { NVLINK_COMMON_SPEED, NVLINK_COUNT, placeOf } from '../fields.js';
import type { DeviceCollector } from './collector.js';

const COUNT = placeOf(NVLINK_COUNT);
const COMMON_SPEED = placeOf(NVLINK_COMMON_SPEED);
/** More than any GPU has. */
const MOST_LINKS = 36;
const KIB = 1024;
const MEGA = 1e6;

/** Where a value of a link is found: a field, and the unit of the metric per unit of the driver. */
interface Source {
  readonly field: (link: number) => FieldId | undefined;
  readonly factor: number;
}

/** A field with the link as its scope. */
const scoped = (id: number, factor = 1): Source => ({ field: (link) => ({ id, scope: link }), factor });

/** Fields of older drivers, one id per link: those of links 0 to 5 follow each other, and those of 6 to 11. */
const numbered = (first: number, second: number): Source => ({
  field: (link) => (link < 12 ? { id: link < 6 ? first + link : second + link - 6, scope: 0 } : undefined),
  factor: 1,
});

/** A value of a link, and where it may be found: the first source that the GPU supports is used. */
interface LinkValue {
  readonly metric: MetricName;
  /** Value of the label `type`. */
  readonly type?: string;
  readonly sources: readonly Source[];
}

const error = (type: string, ...sources: readonly Source[]): LinkValue => ({
  metric: 'gpu_nvlink_errors_total',
  type,
  sources,
});

/**
 * Values of a link.
 *
 * Bytes come from the counters of NVLink 5, which count whole packets, or else from those of payload in KiB. Both are of
 * 64 bits.
 */
const LINK_VALUES: readonly LinkValue[] = [
  { metric: 'gpu_nvlink_up', sources: [scoped(165)] },
  { metric: 'gpu_nvlink_speed_bytes_per_second', sources: [scoped(164, MEGA)] },
  { metric: 'gpu_nvlink_transmit_bytes_total', sources: [scoped(202), scoped(138, KIB)] },
  { metric: 'gpu_nvlink_receive_bytes_total', sources: [scoped(204), scoped(139, KIB)] },
  error('replay', scoped(161), numbered(46, 108)),
  error('recovery', scoped(162), numbered(53, 114)),
  error('crc', scoped(163)),
  error('crc_flit', numbered(32, 96)),
  error('crc_data', numbered(39, 102)),
  error('ecc_data', numbered(148, 154)),
  error('vl15_dropped', scoped(205)),
  error('malformed_packet', scoped(206)),
  error('buffer_overrun', scoped(207)),
  error('receive', scoped(208)),
  error('receive_remote', scoped(209)),
  error('receive_general', scoped(210)),
  error('local_link_integrity', scoped(211)),
  error('transmit_discard', scoped(212)),
  error('link_recovery_successful', scoped(213)),
  error('link_recovery_failed', scoped(214)),
  error('link_recovery', scoped(215)),
  error('effective', scoped(219)),
  error('symbol', scoped(221)),
];

/** Error counters that have a call of their own, for drivers without field values, by the driver's numbers. */
const SINGLE_ERRORS: readonly string[] = ['replay', 'recovery', 'crc_flit', 'crc_data'];

/** States in which a link carries data or would at once: active, and asleep to save power. */
const UP: ReadonlySet<number> = new Set([1, 2]);

/** A value of one link of one GPU: its sources as places in the batch. */
interface Place {
  readonly metric: MetricName;
  readonly labels: readonly string[];
  readonly sources: readonly { readonly place: number; readonly factor: number }[];
}

/** The links of one GPU. */
interface Links {
  readonly count: number;
  readonly batch: FieldBatch;
  readonly places: readonly Place[];
  /** How many links were up in the last collection. */
  up: number;
}

const word = Buffer.alloc(8);

/** NVLink: state, speed, bytes and errors of each link. */
export class NvLinkCollector implements DeviceCollector {
  public readonly name = 'nvlink';
  public readonly cadence = 'collection';
  private readonly links = new WeakMap<Device, Links>();
  /** When a GPU without a field for their number is asked again whether it has links. */
  private readonly probeAt = new WeakMap<Device, number>();

  public collect(device: Device): void {
    const count = this.countLinks(device);
    if (count === 0) {
      return;
    }
    let links = this.links.get(device);
    if (links?.count !== count) {
      links = makeLinks(count);
      this.links.set(device, links);
    }
    links.batch.query(device.calls, device.now);
    let up = 0;
    for (const { metric, labels, sources } of links.places) {
      const source = sources.find(({ place }) => links.batch.supports(place));
      if (source !== undefined) {
        const value = links.batch.values[source.place] ?? Number.NaN;
        if (metric !== 'gpu_nvlink_up') {
          device.put(metric, value * source.factor, ...labels);
        } else if (!Number.isNaN(value)) {
          up += UP.has(value) ? 1 : 0;
          device.put(metric, UP.has(value) ? 1 : 0, ...labels);
        }
      } else {
        up += this.ask(device, metric, labels) ? 1 : 0;
      }
    }
    if (up > links.up) {
      // A link that was down may not have had its counters.
      links.batch.forgetUnsupported();
    }
    links.up = up;
  }

  /** What of a link has a source beside the fields of the link itself. Whether it says that the link is up. */
  private ask(device: Device, metric: MetricName, labels: readonly string[]): boolean {
    const [link = '', type] = labels;
    if (metric === 'gpu_nvlink_up') {
      const state = device.calls.u32With('nvmlDeviceGetNvLinkState', Number(link));
      device.put(metric, state, ...labels);
      return state === 1;
    }
    if (metric === 'gpu_nvlink_speed_bytes_per_second') {
      device.putScaled(metric, present(device.fields.values[COMMON_SPEED]), MEGA, ...labels);
    } else if (type !== undefined && !device.calls.has('nvmlDeviceGetFieldValues')) {
      const counter = SINGLE_ERRORS.indexOf(type);
      const variant = `${link}/${counter}`;
      if (
        counter !== -1 &&
        device.calls.runVariant('nvmlDeviceGetNvLinkErrorCounter', variant, Number(link), counter, word)
      ) {
        device.put(metric, readU64(word), ...labels);
      }
    }
    return false;
  }

  private countLinks(device: Device): number {
    if (device.fields.supports(COUNT)) {
      return Math.min(present(device.fields.values[COUNT]) ?? this.links.get(device)?.count ?? 0, MOST_LINKS);
    }
    if (device.now < (this.probeAt.get(device) ?? 0)) {
      return this.links.get(device)?.count ?? 0;
    }
    this.probeAt.set(device, device.now + RETRY_UNSUPPORTED_SECONDS);
    let count = 0;
    while (count < MOST_LINKS && device.calls.status('nvmlDeviceGetNvLinkState', count, word) === SUCCESS) {
      count += 1;
    }
    return count;
  }
}

const present = (value: number | undefined): number | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : value;

function makeLinks(count: number): Links {
  const fields: FieldId[] = [];
  const places: Place[] = [];
  for (let link = 0; link < count; link += 1) {
    for (const { metric, type, sources } of LINK_VALUES) {
      const found: { place: number; factor: number }[] = [];
      for (const { field, factor } of sources) {
        const id = field(link);
        if (id !== undefined) {
          found.push({ place: fields.push(id) - 1, factor });
        }
      }
      places.push({ metric, labels: type === undefined ? [`${link}`] : [`${link}`, type], sources: found });
    }
  }
  return { count, batch: new FieldBatch(fields), places, up: 0 };
}
