import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KoffiLibrary } from '../../../src/gpu/nvidia/koffi-library.js';
import { RecordingLibrary } from '../../../src/gpu/nvidia/recorder.js';
import { ReplayLibrary } from '../../../src/gpu/nvidia/replay.js';
import type { Sample } from '../../../src/gpu/sample.js';
import { compileNvml, hasCompiler } from '../../nvml/library.js';
import { TestDriver } from './driver.js';

// Each variant of the C library is compiled once.
vi.setConfig({ testTimeout: 60_000 });

/** A sample without what differs from one run to the next. */
const comparable = ({ driver, devices, events, capabilities }: Sample) => ({
  driver,
  devices,
  events: events.map(({ time: _, ...event }) => event),
  capabilities: capabilities.filter(({ capability }) => capability !== 'kernel_log'),
});

describe.skipIf(!hasCompiler())('a recording', () => {
  let driver: TestDriver;
  let path: string;

  beforeEach(() => {
    driver = new TestDriver();
    path = driver.path('recording.ndjson');
  });

  afterEach(() => driver.close());

  it('gives the same samples when it is replayed', () => {
    driver.script
      .device({ preset: 'h100', values: { numa: 0 } })
      .device({ preset: 't4' })
      .process(0, { pid: 4711, memory: 1e9, sm: 40, mem: 10 })
      .process(1, { pid: 4712, type: 'graphics', memory: 2e9 });
    driver.open({ record: path });
    const recorded = [comparable(driver.collect())];
    driver.script.set(0, 'power.usage', 123_000).fail(1, '*', 15).write();
    recorded.push(comparable(driver.collect()));
    driver.open({ library: undefined, replay: path });
    expect([comparable(driver.collect()), comparable(driver.collect())]).toEqual(recorded);
    expect(recorded[1]?.devices.map(({ status }) => status)).toEqual(['ok', 'lost']);
  });

  it('lacks what the driver lacked', () => {
    driver.script.device();
    driver.once({ record: path, library: compileNvml({ without: ['nvmlDeviceGetFieldValues'] }) });
    driver.open({ replay: path });
    expect(driver.collect().capabilities).toContainEqual({
      capability: 'field_values',
      supported: false,
      reason: 'missing_symbol',
    });
  });

  it('repeats its last answer, and answers nothing that was not asked', () => {
    driver.script.device().write();
    const library = new RecordingLibrary(new KoffiLibrary(compileNvml()), path, driver.log);
    const handle = Buffer.alloc(8);
    const power = Buffer.alloc(4);
    library.call('nvmlInit_v2');
    library.call('nvmlDeviceGetHandleByIndex_v2', 0, handle);
    const device = handle.readBigUInt64LE();
    for (const watts of [100_000, 200_000]) {
      driver.script.set(0, 'power.usage', watts).write();
      library.call('nvmlDeviceGetPowerUsage', device, power);
    }
    library.close();
    const replay = new ReplayLibrary(path);
    const answers = [0, 1, 2].map(() => {
      power.fill(255);
      return [replay.call('nvmlDeviceGetPowerUsage', device, power), power.readUInt32LE()];
    });
    expect(answers).toEqual([
      [0, 100_000],
      [0, 200_000],
      [0, 200_000],
    ]);
    expect(replay.call('nvmlDeviceGetPowerUsage', 1n, power)).toBe(13);
    expect(replay.has('nvmlDeviceGetPowerUsage')).toBe(true);
    expect(replay.has('nvmlDeviceGetName')).toBe(false);
  });

  it('tells field values apart by what is asked', () => {
    driver.script.device().write();
    const library = new RecordingLibrary(new KoffiLibrary(compileNvml()), path, driver.log);
    const handle = Buffer.alloc(8);
    library.call('nvmlInit_v2');
    library.call('nvmlDeviceGetHandleByIndex_v2', 0, handle);
    const ask = (from: { call: RecordingLibrary['call'] }, field: number) => {
      const entry = Buffer.alloc(40);
      entry.writeUInt32LE(field, 0);
      from.call('nvmlDeviceGetFieldValues', handle.readBigUInt64LE(), 1, entry);
      return entry.readUInt32LE(32);
    };
    const [memory, generation] = [ask(library, 82), ask(library, 94)];
    library.close();
    const replay = new ReplayLibrary(path);
    expect([ask(replay, 94), ask(replay, 82)]).toEqual([generation, memory]);
    expect(memory).not.toBe(generation);
  });

  it('ends at its greatest size, says so once, and the driver goes on', () => {
    driver.script.device().write();
    const library = new RecordingLibrary(new KoffiLibrary(compileNvml()), path, driver.log, 2_000);
    library.call('nvmlInit_v2');
    const count = Buffer.alloc(4);
    for (let call = 0; call < 100; call += 1) {
      expect(library.call('nvmlDeviceGetCount_v2', count)).toBe(0);
    }
    library.close();
    expect(statSync(path).size).toBeLessThanOrEqual(2_000);
    expect(driver.log.lines).toEqual([
      expect.objectContaining({ level: 'warn', message: 'the recording is full and ends here' }),
    ]);
    expect(() => new ReplayLibrary(path)).not.toThrow();
  });

  it('goes on in the same file, as after the collector was replaced', () => {
    driver.script.device();
    driver.once({ record: path });
    const first = statSync(path).size;
    driver.once({ record: path });
    expect(statSync(path).size).toBeGreaterThan(first);
    driver.open({ replay: path });
    expect(driver.collect().devices[0]?.status).toBe('ok');
  });

  it('is not readable by others', () => {
    driver.script.device();
    driver.once({ record: path });
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('starts with what made it', () => {
    driver.script.device();
    driver.once({ record: path });
    const [header = ''] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(header)).toMatchObject({ recording: 'gpu-exporter', version: 1, node: process.version });
  });
});

describe('a file that is no recording', () => {
  let driver: TestDriver;
  let path: string;

  beforeEach(() => {
    driver = new TestDriver();
    path = driver.path('recording.ndjson');
    writeFileSync(path, '{"recording":"gpu-exporter","version":1}\n');
  });

  afterEach(() => driver.close());

  const problem = (text: string): string => {
    appendFileSync(path, text);
    try {
      new ReplayLibrary(path);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is named with the line that is broken', () => {
    expect(problem('{"symbol":"nvmlInit_v2","exists":true}\n{"call":\n')).toMatch(
      `${path}: line 3 is no line of a recording: `,
    );
    expect(problem('')).toContain('line 3');
  });

  it('is named with a line of something else', () => {
    expect(problem('{"call":"nvmlInit_v2"}\n')).toContain('line 2 is no line of a recording: it is neither');
  });

  it('may end within a line, as one whose writer was killed', () => {
    expect(problem('{"call":"nvml')).toBe('');
  });

  it('is refused without a header, in another version, and empty', () => {
    writeFileSync(path, '{"symbol":"nvmlInit_v2","exists":true}\n');
    expect(problem('')).toContain('line 1 is no line of a recording: the first line must say');
    writeFileSync(path, '{"recording":"gpu-exporter","version":2}\n');
    expect(problem('')).toContain('version 2');
    writeFileSync(path, '');
    expect(problem('')).toContain('has no lines');
  });

  it('makes the driver unavailable', () => {
    writeFileSync(path, 'x\n');
    expect(() => driver.open({ replay: path })).toThrow(expect.objectContaining({ reason: 'bad_recording' }));
  });
});
