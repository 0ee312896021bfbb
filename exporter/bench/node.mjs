// The node that is watched: GPUs of the C library, processes that really run, and what Kubernetes says of them.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ApiServerProcess, compileNvml, encode, Kubelet, NvmlScript, nvmlFolder } from './test-parts.mjs';

const PODS_PER_GPU = 4;

function compile(folder, source, output, ...flags) {
  const path = join(folder, output);
  const file = fileURLToPath(new URL(`library/${source}`, import.meta.url));
  execFileSync('cc', ['-O2', '-o', path, file, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] });
  return path;
}

const hex = (text, length) => Buffer.from(text.padEnd(length, '0')).toString('hex').slice(0, length);
const uuidOf = (slot) => `GPU-00000000-0000-4000-8000-${String(slot).padStart(12, '0')}`;

/** GPUs of an H100 node with as many processes each, whose PIDs are those of processes that sleep. */
export class Node {
  static async start(folder, { gpus, processes }) {
    const sleepers = spawn(compile(folder, 'sleepers.c', 'sleepers'), [String(gpus * processes)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const pids = [];
    for await (const line of createInterface({ input: sleepers.stdout })) {
      if (line === '') break;
      pids.push(Number(line));
    }
    return new Node(folder, sleepers, pids, processes);
  }

  constructor(folder, sleepers, pids, processes) {
    this.folder = folder;
    this.sleepers = sleepers;
    this.pids = pids;
    this.processes = processes;
    this.library = compileNvml();
    this.metered = compile(folder, 'metered.c', 'libnvidia-ml.so.1', '-shared', '-fPIC', `-I${nvmlFolder}`, '-ldl');
  }

  /** The script of the library for so many GPUs. */
  script(gpus) {
    const script = new NvmlScript(join(this.folder, `script-${gpus}`));
    for (let slot = 0; slot < gpus; slot++) {
      const values = { uuid: uuidOf(slot), 'power.usage': `wave:250000:650000:${60 + slot}` };
      script.device({ preset: 'h100', values });
      for (let metric = 1; metric <= 67; metric++) {
        script.gpm(slot, metric, `wave:10:90:${20 + metric}`);
      }
      this.pidsOf(slot).forEach((pid, index) => {
        const memory = 256 * 2 ** 20 + index * 4096;
        script.process(slot, { pid, memory, sm: `wave:0:3:${10 + index}`, mem: `wave:0:2:${12 + index}` });
      });
    }
    return script.write().path;
  }

  pidsOf(slot) {
    return this.pids.slice(slot * this.processes, (slot + 1) * this.processes);
  }

  pods() {
    return Array.from({ length: this.pids.length / this.processes }, (_, slot) =>
      Array.from({ length: PODS_PER_GPU }, (_, index) => ({
        slot,
        namespace: `team-${slot % 3}`,
        name: `training-${slot}-${index}`,
        uid: `00000000-0000-4000-9000-${hex(`${slot}.${index}`, 12)}`,
        container: 'pytorch',
        containerId: hex(`container ${slot} ${index}`, 64),
        pids: this.pidsOf(slot).filter((_, at) => at % PODS_PER_GPU === index),
      })),
    ).flat();
  }

  /** The procfs of this machine, but for the cgroups of the processes on GPUs: those are of pods. */
  procfs() {
    const folder = join(this.folder, 'proc');
    for (const name of ['loadavg', 'stat', 'sys', 'self', '1']) link(`/proc/${name}`, join(folder, name));
    for (const { uid, containerId, pids } of this.pods()) {
      const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
      for (const pid of pids) {
        link(`/proc/${pid}/stat`, join(folder, String(pid), 'stat'));
        writeFileSync(
          join(folder, String(pid), 'cgroup'),
          `0::/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${containerId}.scope\n`,
        );
      }
    }
    return folder;
  }

  /** A kubelet that says which container has which GPU, over gRPC on a unix socket. */
  async kubelet() {
    const kubelet = new Kubelet(join(this.folder, 'pod-resources.sock'));
    const podResources = this.pods().map(({ slot, namespace, name, container }) => {
      const devices = [{ resourceName: 'nvidia.com/gpu', deviceIds: [uuidOf(slot)] }];
      return { name, namespace, containers: [{ name: container, devices }] };
    });
    kubelet.answers['/v1.PodResourcesLister/List'] = encode('ListPodResourcesResponse', snakeCased({ podResources }));
    kubelet.answers['/v1.PodResourcesLister/GetAllocatableResources'] = encode('AllocatableResourcesResponse', {});
    await kubelet.start();
    return kubelet;
  }

  /** An API server that has the pods of this node, and a kubeconfig for it. */
  async apiServer() {
    const server = new ApiServerProcess();
    server.pages = [this.pods().map(apiPod)];
    await server.start();
    const kubeconfig = join(this.folder, 'kubeconfig');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'bench', cluster: { server: `http://127.0.0.1:${server.port}` } }],
        users: [{ name: 'bench', user: { token: 'bench' } }],
        contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
        'current-context': 'bench',
      }),
    );
    return { server, kubeconfig };
  }

  stop() {
    this.sleepers.stdin.end();
  }
}

function link(target, path) {
  mkdirSync(join(path, '..'), { recursive: true });
  symlinkSync(target, path);
}

/** Names of fields as the definitions have them. */
function snakeCased(value) {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(each),
    ]),
  );
}

/** A pod as the API has it, with the fields that make it long. */
function apiPod({ namespace, name, uid, container, containerId }) {
  const managedFields = [{ manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': { 'f:phase': {} } } }];
  return {
    metadata: { namespace, name, uid, resourceVersion: '1', managedFields, labels: { app: name } },
    spec: {
      nodeName: 'bench',
      containers: [{ name: container, image: 'registry.example/pytorch:1', args: ['train.py'] }],
    },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [
        { name: container, containerID: `containerd://${containerId}`, state: { running: {} }, ready: true },
      ],
    },
  };
}
