import { describe, expect, it } from 'vitest';
import { EventCounters } from '../../src/attribution/event-counters.js';
import { KNOWN_XIDS } from '../../src/gpu/nvidia/xid.js';
import { busId, device } from './fixtures.js';

const started = (): EventCounters => {
  const counters = new EventCounters();
  counters.start(device(0, { supportedEvents: ['xid', 'pstate_change'] }));
  return counters;
};
const xid = (number: number, time = 1) => ({ pciBusId: busId(0), event: 'xid', xid: number, time });

describe('EventCounters', () => {
  it('start at 0 for what the device can report', () => {
    const points = started().points(busId(0));
    expect(points.filter(([metric]) => metric === 'gpu_xid_errors_total')).toHaveLength(KNOWN_XIDS.length);
    expect(points.every(([, value]) => value === 0)).toBe(true);
    expect(points).toContainEqual(['gpu_events_total', 0, 'pstate_change']);
    expect(points).toContainEqual(['gpu_xid_errors_total', 0, '79', expect.any(String)]);
  });

  it('are absent for a device that reports nothing', () => {
    const counters = new EventCounters();
    counters.start(device(0));
    expect(counters.points(busId(0))).toEqual([]);
  });

  it('count every event, those of unknown numbers too, with the time of the last', () => {
    const counters = started();
    counters.add([xid(79, 5), xid(79, 7), xid(4999, 9), { pciBusId: busId(0), event: 'pstate_change', time: 3 }]);
    counters.start(device(0, { supportedEvents: ['xid', 'pstate_change'] }));
    const points = counters.points(busId(0));
    expect(points).toContainEqual(['gpu_xid_errors_total', 2, '79', expect.any(String)]);
    expect(points).toContainEqual(['gpu_xid_last_timestamp_seconds', 7, '79', expect.any(String)]);
    expect(points).toContainEqual(['gpu_xid_errors_total', 1, '4999', 'unknown']);
    expect(points).toContainEqual(['gpu_events_total', 1, 'pstate_change']);
  });

  it('leave out events of no device', () => {
    const counters = started();
    const before = counters.points(busId(0));
    counters.add([{ event: 'xid', xid: 79, time: 1 }]);
    expect(counters.points(busId(0))).toEqual(before);
  });

  it('do not grow without end', () => {
    const counters = started();
    for (let number = 0; number < 5000; number++) {
      counters.add([xid(number), { pciBusId: busId(0), event: `event-${number}`, time: 1 }]);
    }
    expect(counters.points(busId(0)).length).toBeLessThanOrEqual(3 * 128);
  });
});
