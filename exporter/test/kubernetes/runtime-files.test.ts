import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RuntimeFilesBounds, RuntimeFilesSource } from '../../src/kubernetes/runtime-files.js';
import { LogLines } from './log-lines.js';
import { until } from './wait.js';

const TASKS = 'run/containerd/io.containerd.runtime.v2.task/k8s.io';
const UID = '0a1b2c3d-0000-4000-8000-00000000000a';
const id = (n: number): string => n.toString(16).padStart(64, '0');

let rootfs: string;
let log: LogLines;

beforeEach(() => {
  rootfs = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
  log = new LogLines();
});

afterEach(() => {
  rmSync(rootfs, { recursive: true });
});

function write(path: string, content: string | object): void {
  const file = join(rootfs, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

function files(bounds: Partial<RuntimeFilesBounds> = {}): RuntimeFilesSource {
  const source = new RuntimeFilesSource(rootfs, log, bounds);
  source.start();
  return source;
}

/** What containerd's CRI plugin writes. */
function bundle(more: object = {}): object {
  return {
    ociVersion: '1.1.0',
    process: { args: ['python', 'train.py'] },
    annotations: {
      'io.kubernetes.cri.container-name': 'worker',
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.sandbox-id': id(9),
      'io.kubernetes.cri.sandbox-name': 'train-0',
      'io.kubernetes.cri.sandbox-namespace': 'ml',
      'io.kubernetes.cri.sandbox-uid': UID,
    },
    ...more,
  };
}

const TRAIN = { namespace: 'ml', name: 'train-0', uid: UID, containers: [{ name: 'worker', id: id(1) }] };

describe('the pod of a container', () => {
  it.each([
    ['containerd', TASKS],
    ['k3s', 'run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['k0s', 'run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['MicroK8s', 'var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io'],
  ])('is found in a bundle of %s', (_, folder) => {
    write(`${folder}/${id(1)}/config.json`, bundle());
    const source = files();
    expect(source.find(id(1))).toEqual(TRAIN);
    expect(source.state()).toMatchObject({ source: 'runtime-files', up: true, lastSuccess: expect.any(Number) });
  });

  it('is found in what CRI-O keeps, whose uid is in the labels', () => {
    write(`run/containers/storage/overlay-containers/${id(1)}/userdata/config.json`, {
      annotations: {
        'io.kubernetes.container.name': 'worker',
        'io.kubernetes.cri-o.ContainerType': 'container',
        'io.kubernetes.cri-o.KubeName': 'train-0',
        'io.kubernetes.cri-o.Namespace': 'ml',
        'io.kubernetes.cri-o.Labels': JSON.stringify({
          'io.kubernetes.container.name': 'worker',
          'io.kubernetes.pod.name': 'train-0',
          'io.kubernetes.pod.namespace': 'ml',
          'io.kubernetes.pod.uid': UID,
        }),
      },
    });
    expect(files().find(id(1))).toEqual(TRAIN);
  });

  it('is found in what Docker keeps', () => {
    write(`var/lib/docker/containers/${id(1)}/config.v2.json`, {
      State: { Running: true, Pid: 4711 },
      Config: {
        Labels: {
          'io.kubernetes.container.name': 'worker',
          'io.kubernetes.docker.type': 'container',
          'io.kubernetes.pod.name': 'train-0',
          'io.kubernetes.pod.namespace': 'ml',
          'io.kubernetes.pod.uid': UID,
        },
      },
    });
    expect(files().find(id(1))).toEqual(TRAIN);
  });

  it.each([
    [`kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice:cri-containerd:${id(1)}`, UID],
    [`/kubepods/burstable/pod${UID}/${id(1)}`, UID],
    [`/kubepods/pod4d1b0f3c7a5e4b6f8a9c0d1e2f3a4b5c/${id(1)}`, '4d1b0f3c7a5e4b6f8a9c0d1e2f3a4b5c'],
    ['/system.slice/containerd.service', ''],
  ])('has its uid from the cgroup %s where no annotation has it', (cgroupsPath, uid) => {
    const annotations = {
      'io.kubernetes.cri.sandbox-name': 'train-0',
      'io.kubernetes.cri.sandbox-namespace': 'ml',
      'io.kubernetes.cri.container-name': 'worker',
    };
    write(`${TASKS}/${id(1)}/config.json`, bundle({ annotations, linux: { cgroupsPath } }));
    expect(files().find(id(1))).toEqual({ ...TRAIN, uid });
  });

  it.each([
    ['containerd', `${TASKS}/${id(1)}/config.json`, sandboxOfContainerd()],
    ['Docker', `var/lib/docker/containers/${id(1)}/config.v2.json`, sandboxOfDocker()],
  ])('is found for a sandbox of %s, without a container', (_, path, content) => {
    write(path, content);
    expect(files().find(id(1))).toEqual({ ...TRAIN, containers: [] });
  });

  function sandboxOfContainerd(): object {
    const annotations = {
      'io.kubernetes.cri.container-type': 'sandbox',
      'io.kubernetes.cri.sandbox-name': 'train-0',
      'io.kubernetes.cri.sandbox-namespace': 'ml',
      'io.kubernetes.cri.sandbox-uid': UID,
    };
    return bundle({ annotations });
  }

  function sandboxOfDocker(): object {
    const Labels = {
      'io.kubernetes.container.name': 'POD',
      'io.kubernetes.docker.type': 'podsandbox',
      'io.kubernetes.pod.name': 'train-0',
      'io.kubernetes.pod.namespace': 'ml',
      'io.kubernetes.pod.uid': UID,
    };
    return { Config: { Labels } };
  }
});

describe('nothing is found', () => {
  it.each([
    ['a container that Kubernetes did not start', { Config: { Labels: { 'com.docker.compose.service': 'web' } } }],
    ['a record without labels', { Config: { Labels: null } }],
    ['a record that is null', 'null'],
    ['a record that is a list', '[]'],
  ])('for %s', (_, content) => {
    write(`var/lib/docker/containers/${id(1)}/config.v2.json`, content);
    const source = files();
    expect(source.find(id(1))).toBeUndefined();
    expect(source.state().up).toBe(true);
  });

  it.each(['../../../../etc', '', 'AB'.repeat(32), `${id(1)}/..`, id(1).slice(1), `${id(1)}\n`])(
    'for %j, which is not the id of a container',
    (wrong) => {
      write(`${TASKS}/${wrong}/config.json`.replaceAll('\n', ''), bundle());
      write(`${TASKS}/${id(2)}/config.json`, bundle());
      expect(files().find(wrong)).toBeUndefined();
    },
  );

  it.each([
    ['that is no JSON', '{"annotations":', 'Unexpected end of JSON input'],
    [
      'that is larger than allowed',
      JSON.stringify(bundle({ filler: 'x'.repeat(2_000) })),
      'not a file of up to 1000 bytes',
    ],
  ])('in a record %s, which is said once', (_, content, error) => {
    write(`${TASKS}/${id(1)}/config.json`, content);
    write(`${TASKS}/${id(2)}/config.json`, content);
    const source = files({ fileSize: 1_000 });
    expect(source.find(id(1))).toBeUndefined();
    expect(source.find(id(2))).toBeUndefined();
    expect(source.state()).toMatchObject({ up: false, error: expect.stringContaining(error) });
    expect(log.shown()).toEqual(['warn: Kubernetes source runtime-files failed']);
    write(`${TASKS}/${id(3)}/config.json`, bundle());
    expect(source.find(id(3))?.name).toBe('train-0');
    expect(source.state().up).toBe(true);
  });

  it('in a folder or a device instead of a file', () => {
    mkdirSync(join(rootfs, TASKS, id(1), 'config.json'), { recursive: true });
    mkdirSync(join(rootfs, TASKS, id(2)));
    symlinkSync('/dev/zero', join(rootfs, TASKS, id(2), 'config.json'));
    const source = files();
    expect(source.find(id(1))).toBeUndefined();
    expect(source.find(id(2))).toBeUndefined();
  });

  it('on a machine without a runtime, which is a state and no line in the log', () => {
    const source = files();
    expect(source.find(id(1))).toBeUndefined();
    expect(source.state()).toEqual({
      source: 'runtime-files',
      up: false,
      error: `no folder of a container runtime below ${rootfs}`,
    });
    expect(log.shown()).toEqual([]);
  });
});

describe('what was found', () => {
  it('is remembered when the record is gone', () => {
    write(`${TASKS}/${id(1)}/config.json`, bundle());
    const source = files();
    const found = source.find(id(1));
    rmSync(join(rootfs, TASKS, id(1)), { recursive: true });
    expect(source.find(id(1))).toBe(found);
  });

  it('not at first is looked for again after a while, and not before', async () => {
    write(`${TASKS}/${id(2)}/config.json`, bundle());
    const source = files({ notFoundFor: 150 });
    expect(source.find(id(1))).toBeUndefined();
    write(`${TASKS}/${id(1)}/config.json`, bundle());
    expect(source.find(id(1))).toBeUndefined();
    await until('it is found', () => source.find(id(1)) !== undefined);
  });

  it('is forgotten where there is more than is remembered, the oldest first', () => {
    for (const n of [1, 2, 3]) {
      write(`${TASKS}/${id(n)}/config.json`, bundle());
    }
    const source = files({ entries: 2 });
    for (const n of [1, 2, 3]) {
      expect(source.find(id(n))).toBeDefined();
    }
    rmSync(join(rootfs, TASKS), { recursive: true });
    expect(source.find(id(3))).toBeDefined();
    expect(source.find(id(2))).toBeDefined();
    expect(source.find(id(1))).toBeUndefined();
  });

  it('is not forgotten for what is looked for again and again', () => {
    write(`${TASKS}/${id(2)}/config.json`, bundle());
    const source = files({ entries: 2, notFoundFor: 0 });
    source.find(id(1));
    source.find(id(2));
    rmSync(join(rootfs, TASKS), { recursive: true });
    for (let i = 0; i < 3; i++) {
      expect(source.find(id(1))).toBeUndefined();
    }
    expect(source.find(id(2))).toBeDefined();
  });

  it('is bounded by the second, and what is left is found later', async () => {
    for (let n = 1; n <= 30; n++) {
      write(`${TASKS}/${id(n)}/config.json`, bundle());
    }
    const source = files({ perSecond: 10 });
    const found = () => Array.from({ length: 30 }, (_, i) => source.find(id(i + 1))).filter(Boolean).length;
    const first = found();
    expect(first).toBeGreaterThanOrEqual(10);
    expect(first).toBeLessThan(30);
    await until('all are found', () => found() === 30);
  });

  it('comes from a runtime that was installed later', async () => {
    const source = files({ foldersFor: 100, notFoundFor: 0 });
    expect(source.find(id(1))).toBeUndefined();
    write(`${TASKS}/${id(1)}/config.json`, bundle());
    await until('it is found', () => source.find(id(1)) !== undefined);
  });
});
