import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openProgressReader } from '../../src/collector/progress-reader.js';
import { positionOf, RECORD_SIZE, recordOf } from '../../src/collector/progress-record.js';
import { type Bundle, bundle } from './bundle.js';
import { until } from './harness.js';

test('a record holds collector and device, and nothing while no call is under way', () => {
  expect(positionOf(recordOf({ collector: 'power', pciBusId: '0000:3b:00.0' }))).toEqual({
    collector: 'power',
    pciBusId: '0000:3b:00.0',
  });
  expect(positionOf(recordOf({ collector: 'open' }))).toEqual({ collector: 'open' });
  expect(positionOf(recordOf())).toBeUndefined();
  expect(positionOf(Buffer.alloc(RECORD_SIZE))).toBeUndefined();
  expect(recordOf({ collector: 'x'.repeat(500) })).toHaveLength(RECORD_SIZE);
});

describe('a child that is blocked', () => {
  let writer: Bundle;
  beforeAll(async () => {
    writer = await bundle('test/collector/blocked-writer.ts');
  });
  afterAll(() => writer.remove());

  test.each([
    ['a file, by system calls', ['/dev/shm', '/tmp'], 'plain'],
    ['a file, in shared memory', ['/dev/shm', '/tmp'], 'native'],
    ['a pipe, where no folder can be written', ['/nonexistent', '/proc'], 'plain'],
    ['a pipe, though native code is loaded', [], 'native'],
  ] as const)('tells where it is through %s', async (_, folders, how) => {
    const reader = openProgressReader(folders);
    expect(reader.stdio === 'pipe').toBe(folders[0] !== '/dev/shm');
    const child = spawn(process.execPath, [writer.path, `${reader.stdio !== 'pipe'}`, how], {
      stdio: ['ignore', 'ignore', 'inherit', 'ignore', reader.stdio],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    reader.attach(child.stdio[4] as Readable | null | undefined);
    await until('its last step', () => reader.position()?.collector === 'collector-99');
    expect(reader.position()).toEqual({ collector: 'collector-99', pciBusId: '0000:07:00.0' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(reader.position()).toEqual({ collector: 'collector-99', pciBusId: '0000:07:00.0' });
    reader.close();
  });

  test('leaves no file behind', () => {
    const reader = openProgressReader();
    expect(readdirSync('/dev/shm').filter((name) => name.includes(`progress-${process.pid}-`))).toEqual([]);
    reader.close();
    reader.close();
    expect(reader.position()).toBeUndefined();
  });
});
