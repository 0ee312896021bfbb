import { writeFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { ApiServerProcess } from '../kubernetes/api-server-process.js';
import { Kubelet } from '../kubernetes/kubelet.js';
import { encode } from '../kubernetes/messages.js';
import { hasCompiler } from '../nvml/library.js';
import { GpuNode } from './exporter-process.js';
import { Procfs, podCgroup } from './procfs.js';
import type { Scrape } from './scrape.js';

const UID = '0a1b2c3d-1111-2222-3333-444455556666';
const CONTAINER = 'fedcba9876543210'.repeat(4);
const LIST = '/v1.PodResourcesLister/List';
const FIRST_GPU = 'GPU-a0b1c200-1c2d-4e5f-8a9b-012345678900';

/** A pod of the namespace `ml` that has a GPU. */
const allocation = (pod: string): Buffer =>
  encode('ListPodResourcesResponse', {
    pod_resources: [
      {
        name: pod,
        namespace: 'ml',
        containers: [{ name: 'main', devices: [{ resource_name: 'nvidia.com/gpu', device_ids: [FIRST_GPU] }] }],
      },
    ],
  });

const podsOf = (scrape: Scrape, name: string): (string | undefined)[] =>
  scrape.all(name).map(({ labels }) => labels.pod);

describe.skipIf(!hasCompiler()).concurrent('faults of the node', { timeout: 90_000 }, () => {
  it('keeps what the kubelet said while it is away, and hears of it when it is back', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const kubelet = new Kubelet(node.path('kubelet.sock'));
    test.onTestFinished(() => kubelet.stop());
    kubelet.answers[LIST] = allocation('first');
    await kubelet.start();
    const exporter = await node.startWith(1, {
      flags: {
        'kubernetes.enabled': 'on',
        'kubernetes.pod-resources': 'on',
        'kubernetes.pod-resources.socket': kubelet.socket,
        'kubernetes.pods-api': 'off',
        'kubernetes.api-server': 'off',
        'kubernetes.runtime-files': 'off',
      },
    });
    await exporter.scrapeUntil(
      'the pod is shown',
      (scrape) => podsOf(scrape, 'gpu_pod_allocation_info')[0] === 'first',
    );
    kubelet.stop();
    await exporter.logUntil('Kubernetes source pod-resources failed', 20);
    const away = await exporter.scrape();
    expect(podsOf(away, 'gpu_pod_allocation_info')).toEqual(['first']);
    expect(away.value('gpu_power_watts')).toBeGreaterThan(0);
    kubelet.answers[LIST] = allocation('second');
    await kubelet.start();
    await exporter.logUntil('Kubernetes source pod-resources answers again', 20);
    await exporter.scrapeUntil('the new pod is shown', (scrape) =>
      podsOf(scrape, 'gpu_pod_allocation_info').includes('second'),
    );
    await exporter.stop();
  });

  it('keeps the pods of the API server while it is away, and follows it when it is back', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const procfs = new Procfs(node.path('proc')).add(4711, { cgroup: podCgroup(UID, CONTAINER) });
    node.script.process(0, { pid: 4711, memory: 1_000_000, sm: 50 }).write();
    const server = new ApiServerProcess();
    test.onTestFinished(() => server.stop());
    const pod = (name: string) => ({
      metadata: { name, namespace: 'ml', uid: UID },
      spec: { nodeName: 'node-a' },
      status: { phase: 'Running', containerStatuses: [{ name: 'main', containerID: `containerd://${CONTAINER}` }] },
    });
    server.pages = [[pod('first')]];
    await server.start();
    const kubeconfig = node.path('kubeconfig');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'here',
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
        clusters: [
          { name: 'c', cluster: { server: `http://127.0.0.1:${server.port}`, 'insecure-skip-tls-verify': true } },
        ],
        users: [{ name: 'u', user: { token: 'secret' } }],
      }),
    );
    const exporter = await node.startWith(1, {
      flags: {
        'path.procfs': procfs.path,
        'kubernetes.enabled': 'on',
        'kubernetes.api-server': 'on',
        'kubernetes.kubeconfig': kubeconfig,
        'kubernetes.node-name': 'node-a',
        'kubernetes.pod-resources': 'off',
        'kubernetes.pods-api': 'off',
        'kubernetes.runtime-files': 'off',
      },
    });
    const shown = await exporter.scrapeUntil(
      'the pod is shown',
      (scrape) => podsOf(scrape, 'gpu_process_memory_used_bytes')[0] === 'first',
    );
    expect(shown.all('gpu_pod_memory_used_bytes', { pod: 'first', container: 'main', namespace: 'ml' })).toMatchObject([
      { value: 1_000_000 },
    ]);
    await server.stop();
    await exporter.logUntil('Kubernetes source api-server failed', 20);
    const away = await exporter.scrape();
    expect(podsOf(away, 'gpu_process_memory_used_bytes')).toEqual(['first']);
    server.pages = [[pod('renamed')]];
    await server.start();
    await exporter.logUntil('Kubernetes source api-server answers again', 60);
    await exporter.stop();
  });

  it('reads the names and cgroups of hostile processes as text, and shows the others', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const procfs = new Procfs(node.path('proc'));
    const names: readonly (string | Buffer)[] = [
      'a"b\\c',
      'line\nfeed',
      'x) S 1 2 3 (',
      '{le="0"} 1',
      Buffer.from([0xff, 0xfe, 0x41]),
      '\u0000\u0001\u001b[2J',
      '',
      '# HELP gpu_up 0',
    ];
    const cgroups: readonly (string | Buffer)[] = [
      '',
      ':::',
      '0::',
      `0::/kubepods/pod${'a'.repeat(5000)}`,
      `0::/${'../'.repeat(100_000)}`,
      Buffer.alloc(1_000_000, 0xff),
      `0::/kubepods/pod${UID}/${'f'.repeat(65)}`,
      '1:name="}\n{:/kubepods/pod',
    ];
    for (const [at, name] of names.entries()) {
      procfs.add(100 + at, { name, cgroup: cgroups[at] });
      node.script.process(0, { pid: 100 + at, memory: 1000 + at });
    }
    procfs.add(4711);
    node.script.process(0, { pid: 4711, memory: 5000 }).write();
    const exporter = await node.startWith(1, { flags: { 'path.procfs': procfs.path, profile: 'native,dcgm,nvitop' } });
    const scrape = await exporter.scrape();
    expect(scrape.all('gpu_process_memory_used_bytes')).toHaveLength(names.length + 1);
    const shown = scrape.all('gpu_process_info').map(({ labels }) => labels.process_name);
    expect(shown).toEqual(expect.arrayContaining(['python3', 'a"b\\c', 'line\nfeed', 'x) S 1 2 3 (', '{le="0"} 1']));
    expect(scrape.value('gpu_up')).toBe(1);
    expect(exporter.noise).toEqual([]);
  });

  it('shows those of 10,000 processes that have the most memory, counts the rest, and stays quick', async (test: TestContext) => {
    const node = new GpuNode(test, 16);
    const procfs = new Procfs(node.path('proc'));
    for (let at = 0; at < 10_000; at++) {
      procfs.add(10_000 + at, { cgroup: podCgroup(UID, CONTAINER) });
      node.script.process(at % 16, { pid: 10_000 + at, memory: 1_000_000 + at, sm: 1 });
    }
    node.script.write();
    const exporter = await node.startWith(16, {
      flags: { 'path.procfs': procfs.path, 'collect.interval': '1s', 'collect.timeout': '10s' },
    });
    const scrape = await exporter.scrapeUntil(
      'all are known',
      (each) => each.all('gpu_process_info', { process_name: 'python3' }).length === 1000,
      30,
    );
    const memories = scrape.all('gpu_process_memory_used_bytes').map(({ value }) => value);
    expect(memories).toHaveLength(1000);
    expect(Math.min(...memories)).toBe(1_009_000);
    expect(scrape.value('gpu_devices_visible')).toBe(16);
    expect(await exporter.quickestMilliseconds()).toBeLessThan(100);
    for (const { value } of scrape.all('gpu_exporter_resident_memory_bytes')) expect(value).toBeLessThan(180_000_000);
    expect(scrape.all('gpu_exporter_collector_restarts_total').filter(({ value }) => value > 0)).toEqual([]);
  });
});
