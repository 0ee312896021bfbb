import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CallError } from '../../../src/gpu/nvidia/call-error.js';
import { EVENT_NAMES } from '../../../src/gpu/nvidia/event-types.js';
import { EventCollector } from '../../../src/gpu/nvidia/events.js';
import { KernelLog } from '../../../src/gpu/nvidia/kmsg.js';
import { hasCompiler, type NvmlOptions } from '../../nvml/library.js';
import type { NvmlScript } from '../../nvml/script.js';
import { ScriptedDriver } from './scripted-driver.js';

const GPU = '0000:3b:00.0';
const OTHER_GPU = '0000:af:00.0';
const XID = 0x8;

describe.skipIf(!hasCompiler())('events of the driver', { timeout: 60_000 }, () => {
  let driver: ScriptedDriver;
  let collector: EventCollector;
  let clock = 1_700_000_000;

  const start = (prepare: (script: NvmlScript) => void, options?: NvmlOptions, kernelLog?: KernelLog) => {
    driver = new ScriptedDriver((script) => prepare(script.devices(2)), options);
    collector = new EventCollector(driver.library, { now: () => clock, ...(kernelLog && { kernelLog }) });
  };
  const register = () => [collector.register(driver.handle(0), GPU), collector.register(driver.handle(1), OTHER_GPU)];

  afterEach(() => {
    collector.close();
    expect(driver.calls('nvmlEventSetFree')).toBe(driver.calls('nvmlEventSetCreate'));
    driver.close();
  });

  it('gives XID errors with device and instance, once', () => {
    start((script) =>
      script
        .event({ slot: 0, type: XID, data: 79 })
        .event({ slot: 1, type: XID, data: 31, gi: 7, ci: 0 })
        .event({ slot: 1, type: XID, data: 31, gi: 7, ci: 0 }),
    );
    register();
    const second = { pciBusId: OTHER_GPU, event: 'xid', xid: 31, gpuInstanceId: 7, computeInstanceId: 0, time: clock };
    expect(collector.drain()).toEqual([{ pciBusId: GPU, event: 'xid', xid: 79, time: clock }, second, second]);
    expect(collector.drain()).toEqual([]);
  });

  it('names every event that the driver knows', () => {
    start((script) => {
      for (const type of EVENT_NAMES.keys()) script.event({ slot: 0, type, data: 1 });
      script.set(0, 'events.supported', 0xffff);
    });
    const names = [...EVENT_NAMES.values()];
    expect(register()[0]).toEqual(names);
    expect(collector.drain().map(({ event }) => event)).toEqual(names);
  });

  it('registers a device once, for what it supports', () => {
    start((script) => script.set(0, 'events.supported', 0x9));
    for (let count = 0; count < 5; count += 1) {
      expect(register()[0]).toEqual(['single_bit_ecc_error', 'xid']);
    }
    expect(driver.calls('nvmlDeviceRegisterEvents')).toBe(2);
    expect(driver.calls('nvmlEventSetCreate')).toBe(1);
  });

  it('takes a bounded number at once, and the rest later', () => {
    start((script) => {
      for (let count = 0; count < 1300; count += 1) script.event({ slot: 0, type: XID, data: 13 });
    });
    register();
    expect(collector.drain()).toHaveLength(1000);
    expect(collector.drain()).toHaveLength(300);
  });

  it('goes on with the other devices when one is lost', () => {
    start(() => undefined);
    register();
    const lost = driver.handle(0);
    driver.script.fail('system', 'nvmlEventSetWait_v2', 15).fail(0, '*', 15).write();
    expect(collector.drain()).toEqual([]);
    expect(() => collector.register(lost, GPU)).toThrow(CallError);
    driver.script.mend('system', 'nvmlEventSetWait_v2').event({ slot: 1, type: XID, data: 48 }).write();
    expect(collector.drain()).toEqual([expect.objectContaining({ pciBusId: OTHER_GPU, xid: 48 })]);
    driver.script.mend(0, '*').event({ slot: 0, type: XID, data: 119 }).write();
    register();
    expect(collector.drain()).toEqual([expect.objectContaining({ pciBusId: GPU, xid: 119 })]);
  });

  it('keeps the events of a time in which the driver does not answer for them', () => {
    start(() => undefined);
    register();
    driver.script.fail('system', 'nvmlEventSetWait_v2', 999).write();
    for (let count = 0; count < 3; count += 1) collector.drain();
    expect(driver.calls('nvmlEventSetCreate')).toBe(2);
    driver.script.event({ slot: 0, type: XID, data: 62 }).write();
    collector.drain();
    driver.script.mend('system', 'nvmlEventSetWait_v2').write();
    expect(collector.drain()).toEqual([expect.objectContaining({ xid: 62 })]);
  });

  it('says of each device why it has no events', () => {
    start((script) => script.set(0, 'events.supported', 'unsupported'));
    expect(register()[0]).toEqual([]);
    register();
    expect(driver.calls('nvmlDeviceGetSupportedEventTypes')).toBe(2);
    expect(collector.capabilities()).toEqual([
      { capability: 'events', supported: false, reason: 'NOT_SUPPORTED', pciBusId: GPU },
      { capability: 'events', supported: true, reason: '', pciBusId: OTHER_GPU },
    ]);
    clock += 600;
    driver.script.set(0, 'events.supported', XID).write();
    expect(register()[0]).toEqual(['xid']);
  });

  it('has none where the driver lacks the functions', () => {
    start(() => undefined, { without: ['nvmlEventSetWait_v2'] });
    expect(register()).toEqual([[], []]);
    expect(collector.drain()).toEqual([]);
    expect(collector.capabilities()).toContainEqual(
      expect.objectContaining({ reason: 'missing_symbol', pciBusId: GPU }),
    );
  });

  describe('beside the log of the kernel', () => {
    let folder: string;
    const line = (xid: number, pci = '0000:3b:00') => `3,1,2,-;NVRM: Xid (PCI:${pci}): ${xid}, pid=1\n`;
    const startWithLog = (prepare: (script: NvmlScript) => void, options?: NvmlOptions) => {
      folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-events-'));
      writeFileSync(join(folder, 'kmsg'), line(13));
      start(prepare, options, new KernelLog(join(folder, 'kmsg')));
    };
    const log = (text: string) => appendFileSync(join(folder, 'kmsg'), text);

    afterEach(() => rmSync(folder, { recursive: true }));

    it('gives an error of both once, and one of the log alone', () => {
      startWithLog((script) => script.event({ slot: 0, type: XID, data: 79 }));
      register();
      log(line(79) + line(62) + line(62, '0000:AF:00'));
      expect(collector.drain()).toEqual([
        { pciBusId: GPU, event: 'xid', xid: 79, time: clock },
        { pciBusId: GPU, event: 'xid', xid: 62, time: clock },
        { pciBusId: OTHER_GPU, event: 'xid', xid: 62, time: clock },
      ]);
      expect(collector.drain()).toEqual([]);
      expect(collector.capabilities()).toContainEqual({ capability: 'kernel_log', supported: true, reason: '' });
    });

    it('gives an error once that the driver reports a collection later', () => {
      startWithLog(() => undefined);
      register();
      log(line(48));
      expect(collector.drain()).toHaveLength(1);
      driver.script.event({ slot: 0, type: XID, data: 48 }).event({ slot: 0, type: XID, data: 48 }).write();
      clock += 10;
      expect(collector.drain()).toHaveLength(1);
    });

    it('has XID errors of a driver without events', () => {
      startWithLog(() => undefined, { without: ['nvmlEventSetCreate'] });
      expect(register()).toEqual([['xid'], ['xid']]);
      log(line(31));
      expect(collector.drain()).toEqual([{ pciBusId: GPU, event: 'xid', xid: 31, time: clock }]);
    });
  });
});
