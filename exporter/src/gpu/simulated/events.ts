import type { DeviceEvent } from '../sample.js';
import type { SimulatedDevice } from './fleet.js';
import { fraction, hash } from './random.js';

const HOUR = 3600;
/** One hour in so many has an XID error on a device. */
export const HOURS_PER_XID = 4;
/** Hours that are looked back at most, as after a long pause. */
const MAX_HOURS = 24;

/** Numbers of XID errors, each as often as it stands here: most are faults of programs. */
const XIDS = [31, 31, 31, 13, 13, 43, 45, 94] as const;

/** XID errors of a device after one time and up to another, both in Unix seconds. */
export function eventsOf(
  { number, identity }: SimulatedDevice,
  seed: number,
  after: number,
  to: number,
): readonly DeviceEvent[] {
  const events: DeviceEvent[] = [];
  const last = Math.floor(to / HOUR);
  for (let hour = Math.max(Math.floor(after / HOUR), last - MAX_HOURS); hour <= last; hour += 1) {
    if (hash(seed, number, hour, 11) % HOURS_PER_XID !== 0) continue;
    const time = (hour + fraction(seed, number, hour, 12)) * HOUR;
    if (time <= after || time > to) continue;
    const xid = XIDS[hash(seed, number, hour, 13) % XIDS.length] as number;
    events.push({ pciBusId: identity.pciBusId, event: 'xid', xid, time });
  }
  return events;
}
