import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PodsApiSource, type PodsApiTimes } from '../../src/kubernetes/pods-api.js';
import { Kubelet } from './kubelet.js';
import { LogLines } from './log-lines.js';
import { EVENT, podEvent } from './messages.js';
import { until } from './wait.js';

const WATCH = '/v1alpha1.Pods/WatchPods';
const ID = '0123456789abcdef'.repeat(4);

let folder: string;
let kubelet: Kubelet;
let log: LogLines;
let source: PodsApiSource;
/** Streams that are open, the newest last. */
let open: ServerWritableStream<Buffer, Buffer>[];
/** What the kubelet has when a stream begins. */
let present: Readonly<Record<string, unknown>>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
  kubelet = new Kubelet(join(folder, 'pods-api.sock'));
  log = new LogLines();
  open = [];
  present = [];
  kubelet.streams[WATCH] = (stream) => {
    keep(stream);
    sync(stream);
  };
});

afterEach(async () => {
  await source.stop();
  kubelet.stop();
  rmSync(folder, { recursive: true });
});

function keep(stream: ServerWritableStream<Buffer, Buffer>): void {
  open.push(stream);
  stream.on('cancelled', () => {
    open = open.filter((other) => other !== stream);
  });
}

function sync(stream: ServerWritableStream<Buffer, Buffer>): void {
  for (const each of present) {
    stream.write(podEvent(EVENT.added, each));
  }
  stream.write(podEvent(EVENT.initialSyncComplete));
}

function send(type: number, message?: Readonly<Record<string, unknown>>): void {
  open.at(-1)?.write(podEvent(type, message));
}

function started(times: Partial<PodsApiTimes> = {}): PodsApiSource {
  source = new PodsApiSource(kubelet.socket, log, { leastRetry: 20, mostRetry: 100, ...times });
  source.start();
  return source;
}

function pod(name: string, phase = 'Running'): Readonly<Record<string, unknown>> {
  return { metadata: { name, namespace: 'ml', uid: `uid-${name}` }, status: { phase } };
}

const names = (): string[] => source.pods().map(({ name }) => name);

describe('a pod', () => {
  it('has its names, labels, phase and the containers of every kind, and nothing more', async () => {
    present = [
      {
        metadata: {
          name: 'train-0',
          generateName: 'train-',
          namespace: 'ml',
          uid: '9d0a4a7e-0000-4000-8000-000000000001',
          resourceVersion: '77',
          generation: 3,
          creationTimestamp: { seconds: 1_700_000_000, nanos: 5 },
          labels: { app: 'train', 'example.com/team': 'zażółć' },
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(100_000) },
        },
        spec: { nodeName: 'node-a', containers: [{ name: 'worker', image: 'i', command: ['sleep'] }] },
        status: {
          phase: 'Running',
          message: 'm',
          hostIP: '10.0.0.1',
          startTime: { seconds: 1, nanos: 2 },
          qosClass: 'Guaranteed',
          observedGeneration: 3,
          containerStatuses: [
            {
              name: 'worker',
              ready: true,
              restartCount: 2,
              image: 'i',
              containerID: `containerd://${ID}`,
              started: true,
            },
            { name: 'waiting' },
          ],
          initContainerStatuses: [{ name: 'setup', containerID: `cri-o://${ID.replace('0', 'f')}` }],
          ephemeralContainerStatuses: [{ name: 'debug', containerID: 'docker://short' }],
        },
      },
    ];
    await kubelet.start();
    await started().settled;
    expect(source.pods()).toEqual([
      {
        namespace: 'ml',
        name: 'train-0',
        uid: '9d0a4a7e-0000-4000-8000-000000000001',
        phase: 'Running',
        labels: { app: 'train', 'example.com/team': 'zażółć' },
        containers: [
          { name: 'worker', id: ID },
          { name: 'waiting' },
          { name: 'setup', id: ID.replace('0', 'f') },
          { name: 'debug' },
        ],
      },
    ]);
  });

  it('that is static has the hash in its cgroup', async () => {
    const hash = '4d1b0f3c7a5e4b6f8a9c0d1e2f3a4b5c';
    present = [
      {
        metadata: {
          name: 'dcgm-node-a',
          namespace: 'kube-system',
          uid: hash,
          annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.hash': hash },
        },
      },
    ];
    await kubelet.start();
    await started().settled;
    expect(source.pods()[0]).toMatchObject({ uid: hash, configHash: hash });
    expect(source.pods()[0]).not.toHaveProperty('phase');
  });
});

describe('the watch', () => {
  it('shows nothing before every pod has come', async () => {
    kubelet.streams[WATCH] = keep;
    await kubelet.start();
    started();
    await until('it watches', () => open.length === 1);
    send(EVENT.added, pod('a'));
    send(EVENT.added, pod('b'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(names()).toEqual([]);
    expect(source.state().up).toBe(false);
    send(EVENT.initialSyncComplete);
    await until('pods are known', () => names().length === 2);
    expect(source.state().up).toBe(true);
  });

  it('follows additions, changes and deletions', async () => {
    present = [pod('a')];
    await kubelet.start();
    await started().settled;
    send(EVENT.added, pod('b', 'Pending'));
    send(EVENT.modified, pod('b', 'Running'));
    await until('b runs', () => source.pods().some(({ name, phase }) => name === 'b' && phase === 'Running'));
    send(EVENT.deleted, { metadata: { name: 'a', namespace: 'ml', uid: 'uid-a' } });
    await until('a is gone', () => names().join() === 'b');
    const list = source.pods();
    expect(source.pods()).toBe(list);
  });

  it('forgets what went away while it was not connected', async () => {
    present = [pod('a'), pod('b')];
    await kubelet.start();
    await started().settled;
    present = [pod('b'), pod('c')];
    kubelet.stop();
    await until('it noticed', () => log.shown().length === 2);
    expect(names()).toEqual(['a', 'b']);
    expect(source.state()).toMatchObject({ up: true });
    await kubelet.start();
    await until('it has what there is now', () => names().join() === 'b,c');
  });

  it('waits for a kubelet that has only just started', async () => {
    present = [pod('a')];
    let refusals = 0;
    kubelet.streams[WATCH] = (stream) => {
      if (refusals < 3) {
        refusals += 1;
        stream.emit('error', { code: status.FAILED_PRECONDITION, details: 'pods are not synced' });
      } else {
        sync(stream);
      }
    };
    await kubelet.start();
    await started().settled;
    expect(source.state()).toMatchObject({ up: false, error: expect.stringContaining('pods are not synced') });
    await until('pods are known', () => names().join() === 'a');
    expect(log.shown()).toHaveLength(2);
  });

  it('is renewed, without a moment in which nothing is known', async () => {
    present = [pod('a'), pod('lost')];
    await kubelet.start();
    await started({ renewal: 50 }).settled;
    present = [pod('a'), pod('missed')];
    const seen = new Set<string>();
    await until('the renewal corrected it', () => {
      seen.add(names().join());
      return names().includes('missed');
    });
    expect([...seen]).toEqual(['a,lost', 'a,missed']);
    await until('it was renewed often', () => kubelet.count(WATCH) > 6);
    await until('old streams are closed', () => open.length <= 2);
    expect(log.shown()).toEqual(['info: Kubernetes source pods-api answers']);
  });

  it('is given up where the kubelet does not send its pods', async () => {
    let streams = 0;
    kubelet.streams[WATCH] = (stream) => {
      streams += 1;
      keep(stream);
    };
    await kubelet.start();
    await started({ syncDeadline: 60 }).settled;
    expect(source.state()).toMatchObject({ up: false, error: expect.stringContaining('did not come') });
    await until('it tried again', () => streams >= 3);
    await until('old streams are closed', () => open.length <= 1);
  });

  it('finds the service under the name of a later version', async () => {
    present = [pod('a')];
    delete kubelet.streams[WATCH];
    kubelet.streams['/v1beta1.Pods/WatchPods'] = sync;
    await kubelet.start();
    started();
    await until('pods are known', () => names().join() === 'a');
  });

  it.each([
    ['no message', Buffer.from('ff'.repeat(40), 'hex')],
    ['an event with a broken pod', Buffer.from([0x08, 0x01, 0x12, 0x03, 0x0a, 0x7f, 0x0a])],
  ])('begins again after %s', async (_, garbage) => {
    present = [pod('a')];
    await kubelet.start();
    await started().settled;
    open[0]?.write(garbage);
    await until('it begins again', () => kubelet.count(WATCH) >= 2 && open.length === 1);
    expect(names()).toEqual(['a']);
    await until('it is in contact', () => source.state().up);
  });

  it('knows 1,000 pods', async () => {
    present = Array.from({ length: 1_000 }, (_, i) => pod(`pod-${i}`));
    await kubelet.start();
    await started().settled;
    expect(source.pods()).toHaveLength(1_000);
  });

  it('stays up while nothing happens, and forgets its pods long after the kubelet is gone', async () => {
    present = [pod('a')];
    await kubelet.start();
    await started({ goodFor: 600, keptFor: 1_800 }).settled;
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(source.state()).toMatchObject({ up: true });
    kubelet.stop();
    await until('it noticed', () => log.shown().length === 2);
    expect(source.state()).toMatchObject({ up: true });
    await until('it is down', () => !source.state().up);
    expect(names()).toEqual(['a']);
    await until('pods are forgotten', () => names().length === 0);
    expect(source.state().error).toContain('UNAVAILABLE');
  });

  it('ends when it is stopped', async () => {
    await kubelet.start();
    await started().settled;
    await source.stop();
    await until('the stream is closed', () => open.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(kubelet.count(WATCH)).toBe(1);
  });
});
