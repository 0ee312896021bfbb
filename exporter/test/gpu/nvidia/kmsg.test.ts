import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KernelLog, type LoggedXid, xidOfKernelLine } from '../../../src/gpu/nvidia/kmsg.js';

const GPU = '0000:3b:00.0';

describe('a line of the kernel', () => {
  it.each([
    [
      '3,1205,98765432,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen',
      { pciBusId: GPU, xid: 79 },
    ],
    ['NVRM: Xid (PCI:0000:3B:00): 13, Graphics Exception', { pciBusId: GPU, xid: 13 }],
    ['NVRM: Xid (PCI:10001:02:00): 62, pid=1', { pciBusId: '10001:02:00.0', xid: 62 }],
    ['[  12.5] NVRM: Xid (0000:3b:00): 14, Channel 00000001', { pciBusId: GPU, xid: 14 }],
    [
      '3,1,2,-;NVRM: Xid (PCI:0000:3b:00 GPU-I:05 GPU-CI:00): 31, pid=7, name=a): 48, x',
      { pciBusId: GPU, xid: 31, gpuInstanceId: 5, computeInstanceId: 0 },
    ],
    ['3,1,2,-;NVRM: Xid (PCI:0000:3b:00 GPU-I:11): 94, pid=7', { pciBusId: GPU, xid: 94, gpuInstanceId: 11 }],
  ])('gives the error of %j', (line, expected) => {
    expect(xidOfKernelLine(line)).toEqual(expected);
  });

  it.each([
    'NVRM: GPU at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7',
    'NVRM: Xid (PCI:0000:3b:00): , pid=1',
    'NVRM: Xid (nowhere): 79, pid=1',
    '3,1,2,-;usb 1-1: new device',
    // Priority 12 is one of a process, and not of the kernel.
    '12,1,2,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=1',
    '',
  ])('gives none of %j', (line) => {
    expect(xidOfKernelLine(line)).toBeUndefined();
  });
});

describe('the log of the kernel', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-kmsg-'));
    path = join(folder, 'kmsg');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const line = (xid: number) => `3,1,2,-;NVRM: Xid (PCI:0000:3b:00): ${xid}, pid=1\n`;

  it('passes over what was logged before', () => {
    writeFileSync(path, line(13).repeat(1000));
    const log = new KernelLog(path);
    appendFileSync(path, line(79));
    expect(log.read()).toEqual([{ pciBusId: GPU, xid: 79 }]);
    expect(log.read()).toEqual([]);
    log.close();
  });

  it('gives what was logged before and after a record that was read by another', () => {
    const numbered = (sequence: number, xid: number) => line(xid).replace('3,1,', `3,${sequence},`);
    writeFileSync(path, [numbered(10, 13), numbered(11, 31), '6,12,1,-;usb 1-1: new device\n'].join(''));
    const other = new KernelLog(path);
    expect(other.read()).toEqual([]);
    expect(other.position).toBe(12);
    other.close();
    appendFileSync(path, numbered(13, 119));
    const log = new KernelLog(path);
    appendFileSync(path, numbered(14, 79));
    expect(log.read(12).map(({ xid }) => xid)).toEqual([119, 79]);
    expect(log.read(12)).toEqual([]);
    expect(log.position).toBe(14);
    log.close();
  });

  it('waits for the rest of a line', () => {
    writeFileSync(path, '');
    const log = new KernelLog(path);
    appendFileSync(path, line(48).slice(0, 30));
    expect(log.read()).toEqual([]);
    appendFileSync(path, line(48).slice(30));
    expect(log.read()).toEqual([{ pciBusId: GPU, xid: 48 }]);
    log.close();
  });

  it('never waits for a record', async () => {
    execFileSync('mkfifo', [path]);
    // Opens for reading and writing, so that it neither waits nor closes the pipe between its lines.
    const writer = spawn('bash', ['-c', 'exec 3<>"$1"; while read -r text; do echo "$text" >&3; done', '-', path], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const log = new KernelLog(path);
    try {
      expect(log.read()).toEqual([]);
      writer.stdin.write(line(63));
      const seen: LoggedXid[] = [];
      await expect.poll(() => seen.push(...log.read()), { timeout: 5000, interval: 5 }).toBe(1);
      expect(seen).toEqual([{ pciBusId: GPU, xid: 63 }]);
      expect(log.reason).toBe('');
    } finally {
      log.close();
      const ended = new Promise((resolve) => writer.once('exit', resolve));
      writer.stdin.end();
      await ended;
    }
  });

  it('says why it cannot be read', () => {
    const log = new KernelLog(join(folder, 'missing'));
    expect(log.reason).toBe('ENOENT');
    expect(log.read()).toEqual([]);
    log.close();
    const directory = new KernelLog(folder);
    expect(directory.reason).toBe('EISDIR');
    expect(directory.read()).toEqual([]);
    directory.close();
  });
});
