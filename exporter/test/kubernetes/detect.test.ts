import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.js';
import { createSources, type Sources } from '../../src/kubernetes/detect.js';
import { Kubelet } from './kubelet.js';
import { LogLines } from './log-lines.js';
import { EVENT, encode, podEvent } from './messages.js';

type KubernetesSettings = Settings['kubernetes'];

let folder: string;
let log: LogLines;
let podResources: Kubelet;
let podsApi: Kubelet;
let sources: Sources | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
  log = new LogLines();
  podResources = new Kubelet(join(folder, 'kubelet.sock'));
  podResources.answers['/v1.PodResourcesLister/List'] = encode('ListPodResourcesResponse', {
    pod_resources: [
      {
        name: 'p',
        namespace: 'ml',
        containers: [{ name: 'c', devices: [{ resource_name: 'r', device_ids: ['GPU-1'] }] }],
      },
    ],
  });
  podsApi = new Kubelet(join(folder, 'pods-api.sock'));
  podsApi.streams['/v1alpha1.Pods/WatchPods'] = (stream) => {
    stream.write(podEvent(EVENT.added, { metadata: { name: 'p', namespace: 'ml', uid: 'u' } }));
    stream.write(podEvent(EVENT.initialSyncComplete));
  };
});

afterEach(async () => {
  await Promise.all(sources?.all.map((source) => source.stop()) ?? []);
  sources = undefined;
  podResources.stop();
  podsApi.stop();
  rmSync(folder, { recursive: true });
});

async function detected(
  settings: Partial<Omit<KubernetesSettings, 'sources'>> = {},
  switches: Partial<KubernetesSettings['sources']> = {},
): Promise<string[]> {
  sources = await createSources(
    {
      enabled: 'auto',
      podResourcesSocket: podResources.socket,
      podsApiSocket: podsApi.socket,
      ...settings,
      sources: {
        'pod-resources': 'auto',
        'pods-api': 'auto',
        'api-server': 'auto',
        'runtime-files': 'auto',
        ...switches,
      },
    },
    { rootfs: folder },
    log,
  );
  return sources.all.map(({ name }) => name);
}

function kubeconfig(): string {
  const path = join(folder, 'kubeconfig');
  const cluster = { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true };
  const context = { name: 'x', context: { cluster: 'x', user: 'x' } };
  const config = {
    'current-context': 'x',
    contexts: [context],
    clusters: [{ name: 'x', cluster }],
    users: [{ name: 'x', user: {} }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function containerd(): void {
  mkdirSync(join(folder, 'run/containerd/io.containerd.runtime.v2.task/k8s.io'), { recursive: true });
}

describe('by itself', () => {
  it('uses nothing on a machine that is no node, and says why', async () => {
    containerd();
    expect(await detected()).toEqual([]);
    expect(log.shown()).toHaveLength(4);
    expect(log.lines[0]).toEqual({
      level: 'info',
      message: `Kubernetes source pod-resources is not used: ${podResources.socket}: there is no such file`,
      fields: { source: 'pod-resources' },
    });
    expect(log.lines[2]?.message).toContain('--kubernetes.node-name or NODE_NAME');
    expect(log.lines[3]?.message).toContain('nothing says that this is a node of Kubernetes');
  });

  it('uses the sockets of the kubelet and the files of the runtime, and leaves the API server alone', async () => {
    containerd();
    await podResources.start();
    await podsApi.start();
    expect(await detected({ nodeName: 'node-a', kubeconfig: kubeconfig() })).toEqual([
      'pod-resources',
      'pods-api',
      'runtime-files',
    ]);
    expect(log.lines[2]?.message).toBe('Kubernetes source api-server is not used: the kubelet says the same');
    for (const source of sources?.all ?? []) {
      source.start();
    }
    await sources?.settled(10_000);
    expect(sources?.allocations?.allocations()).toHaveLength(1);
    expect(sources?.pods[0]?.pods()).toHaveLength(1);
    expect(sources?.containers).toBeDefined();
  });

  it('uses the API server where the kubelet has no Pods API', async () => {
    await podResources.start();
    expect(await detected({ nodeName: 'node-a', kubeconfig: kubeconfig() })).toEqual(['pod-resources', 'api-server']);
  });

  it('does not use the API server without the name of the node', async () => {
    await podResources.start();
    expect(await detected({ kubeconfig: kubeconfig() })).toEqual(['pod-resources']);
  });
});

describe('switches', () => {
  it('turn everything off', async () => {
    containerd();
    await podResources.start();
    expect(await detected({ enabled: 'off' })).toEqual([]);
    expect(log.lines[0]?.message).toBe('Kubernetes source pod-resources is not used: it is turned off');
  });

  it('turn one source off', async () => {
    await podResources.start();
    await podsApi.start();
    expect(await detected({}, { 'pod-resources': 'off' })).toEqual(['pods-api']);
  });

  it('turn a source on that another one makes needless', async () => {
    await podsApi.start();
    const settings = { nodeName: 'node-a', kubeconfig: kubeconfig() };
    expect(await detected(settings, { 'api-server': 'on' })).toEqual(['pods-api', 'api-server']);
  });

  it('use the files of a runtime on any machine', async () => {
    containerd();
    expect(await detected({}, { 'runtime-files': 'on' })).toEqual(['runtime-files']);
    expect(await detected({ enabled: 'on' })).toEqual(['runtime-files']);
  });
});

describe('a source that is on and cannot be used is an error', () => {
  it('for a socket that is not there', async () => {
    await expect(detected({}, { 'pod-resources': 'on' })).rejects.toThrow(
      `--kubernetes.pod-resources: on, and ${podResources.socket}: there is no such file`,
    );
  });

  it('for a file that is no socket', async () => {
    writeFileSync(podsApi.socket, '');
    await expect(detected({}, { 'pods-api': 'on' })).rejects.toThrow(
      `--kubernetes.pods-api: on, and ${podsApi.socket} is not a socket`,
    );
  });

  it('for the API server without the name of the node', async () => {
    await expect(detected({ kubeconfig: kubeconfig() }, { 'api-server': 'on' })).rejects.toThrow(
      '--kubernetes.api-server: on, and the name of this node is not known: give --kubernetes.node-name or NODE_NAME',
    );
  });

  it('for the API server without credentials', async () => {
    await expect(detected({ nodeName: 'node-a' }, { 'api-server': 'on' })).rejects.toThrow(
      'there is no service account and no --kubernetes.kubeconfig',
    );
  });

  it('for a kubeconfig that leads nowhere', async () => {
    const path = join(folder, 'missing');
    await expect(detected({ nodeName: 'node-a', kubeconfig: path })).rejects.toThrow(
      `--kubernetes.api-server: kubeconfig ${path} does not exist`,
    );
  });

  it('for files of runtimes that are not there, with the places that were looked at', async () => {
    await expect(detected({}, { 'runtime-files': 'on' })).rejects.toThrow(
      /below .* there is none of \/run\/containerd\//,
    );
  });

  it('all at once, one line each', async () => {
    await expect(detected({}, { 'pod-resources': 'on', 'pods-api': 'on' })).rejects.toThrow(
      /^--kubernetes.pod-resources: .*\n--kubernetes.pods-api: .*$/,
    );
  });

  it('for Kubernetes as a whole', async () => {
    await expect(detected({ enabled: 'on' })).rejects.toThrow('--kubernetes.enabled: on, and no source was found');
  });
});

it('does not wait for a source that never answers', async () => {
  podResources.answers['/v1.PodResourcesLister/List'] = 'silence';
  await podResources.start();
  await detected();
  for (const source of sources?.all ?? []) {
    source.start();
  }
  const begin = performance.now();
  await sources?.settled(100);
  expect(performance.now() - begin).toBeLessThan(4_000);
});
