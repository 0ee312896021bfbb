import { describe, expect, it } from 'vitest';
import { classOfXid, KNOWN_XIDS, XIDS } from '../../../src/gpu/nvidia/xid.js';

describe('classes of XID errors', () => {
  it.each([
    [13, 'application'],
    [31, 'application'],
    [43, 'application'],
    [45, 'application'],
    [68, 'application'],
    [94, 'application'],
    [48, 'reset'],
    [64, 'reset'],
    [74, 'reset'],
    [95, 'reset'],
    [119, 'reset'],
    [120, 'reset'],
    [145, 'reset'],
    [149, 'reset'],
    [79, 'reboot'],
    [63, 'hardware'],
    [92, 'hardware'],
  ])('says of %i: %s', (xid, expected) => {
    expect(classOfXid(xid)).toBe(expected);
  });

  it('says unknown of a number that nobody knows', () => {
    expect([classOfXid(0), classOfXid(99_999)]).toEqual(['unknown', 'unknown']);
  });

  it('expands ranges of engines', () => {
    expect([126, 130, 135].map(classOfXid)).toEqual(['application', 'application', 'application']);
    expect(XIDS.has(111)).toBe(false);
  });

  it('starts at most 40 counters at zero, all of numbers with a meaning', () => {
    expect(KNOWN_XIDS.length).toBeGreaterThan(20);
    expect(KNOWN_XIDS.length).toBeLessThanOrEqual(40);
    expect(new Set(KNOWN_XIDS).size).toBe(KNOWN_XIDS.length);
    expect(KNOWN_XIDS.every((xid) => XIDS.get(xid)?.meaning)).toBe(true);
    expect(KNOWN_XIDS).toEqual(expect.arrayContaining([13, 31, 48, 63, 64, 74, 79, 94, 95, 119, 120, 149]));
  });
});
