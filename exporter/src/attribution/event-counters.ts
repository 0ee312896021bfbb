import { classOfXid, KNOWN_XIDS } from '../gpu/nvidia/xid.js';
import type { DeviceEvent, DeviceSample, Point } from '../gpu/sample.js';

interface XidCount {
  count: number;
  /** Unix time in seconds of the last one. */
  last?: number;
}

interface Counts {
  readonly xids: Map<number, XidCount>;
  readonly events: Map<string, number>;
  /** Points of these counts; absent after one changed. */
  points?: readonly Point[];
}

/** Numbers and names beyond these are not counted: a driver that invents them must not make series without end. */
const MAX_PER_DEVICE = 128;
const MAX_DEVICES = 256;

/** Counts what drivers report, since the exporter started. Outlives the collector's process. */
export class EventCounters {
  private readonly devices = new Map<string, Counts>();

  /** Counts the events of one sample; called once for each. */
  public add(events: readonly DeviceEvent[]): void {
    for (const { pciBusId, event, xid, time } of events) {
      const counts = pciBusId === undefined ? undefined : this.countsOf(pciBusId);
      if (counts === undefined) continue;
      counts.points = undefined;
      if (event !== 'xid') {
        const count = counts.events.get(event);
        if (count !== undefined || counts.events.size < MAX_PER_DEVICE) counts.events.set(event, (count ?? 0) + 1);
      } else if (xid !== undefined) {
        const known = counts.xids.get(xid);
        if (known === undefined && counts.xids.size >= MAX_PER_DEVICE) continue;
        counts.xids.set(xid, { count: (known?.count ?? 0) + 1, last: time });
      }
    }
  }

  /** Starts counters of what a device can report at 0, so that the first event is an increase. */
  public start({ identity, supportedEvents }: DeviceSample): void {
    if (supportedEvents.length === 0) return;
    const counts = this.countsOf(identity.pciBusId);
    if (counts === undefined) return;
    const before = counts.xids.size + counts.events.size;
    for (const event of supportedEvents) {
      if (event === 'xid') {
        for (const xid of KNOWN_XIDS) if (!counts.xids.has(xid)) counts.xids.set(xid, { count: 0 });
      } else if (!counts.events.has(event)) counts.events.set(event, 0);
    }
    if (counts.xids.size + counts.events.size > before) counts.points = undefined;
  }

  /** Points of a device: the same list until something is counted. */
  public points(pciBusId: string): readonly Point[] {
    const counts = this.devices.get(pciBusId);
    if (counts === undefined) return [];
    counts.points ??= pointsOf(counts);
    return counts.points;
  }

  private countsOf(pciBusId: string): Counts | undefined {
    let counts = this.devices.get(pciBusId);
    if (counts === undefined && this.devices.size < MAX_DEVICES) {
      counts = { xids: new Map(), events: new Map() };
      this.devices.set(pciBusId, counts);
    }
    return counts;
  }
}

/** Points of a device, in ascending order of XIDs. */
function pointsOf(counts: Counts): readonly Point[] {
  const xids: Point[] = [];
  const times: Point[] = [];
  for (const [xid, { count, last }] of [...counts.xids].sort(([a], [b]) => a - b)) {
    const labels = [String(xid), classOfXid(xid)];
    xids.push(['gpu_xid_errors_total', count, ...labels]);
    if (last !== undefined) times.push(['gpu_xid_last_timestamp_seconds', last, ...labels]);
  }
  const events = Array.from(counts.events, ([event, count]): Point => ['gpu_events_total', count, event]);
  return [...xids, ...times, ...events];
}
