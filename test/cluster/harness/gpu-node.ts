import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NvmlScript } from '../../../exporter/test/nvml/script.js' with { 'resolution-mode': 'import' };
import { nodeName } from './addresses';
import type { Cluster } from './cluster';
import { DevicePlugin, GIVEN } from './device-plugin';
import { eventually } from './eventually';
import { staticPodFolder } from './node-configuration';

/** The resource that NVIDIA's device plugin offers. */
const RESOURCE = 'nvidia.com/gpu';
/** Where the exporter has the driver, when the node has it in a folder. */
const IN_CONTAINER = '/usr/local/nvidia';

/** A container of a pod. */
export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A process of a container, as the node sees it. */
export interface NodeProcess {
  readonly pid: number;
  readonly containerId: string;
  /** UUIDs of the GPUs that the device plugin gave to the container. */
  readonly gpus: readonly string[];
}

/** What the kernel lets a process do. */
export interface ProcessRights {
  readonly user: number;
  /** Bits of the effective capabilities. */
  readonly capabilities: bigint;
  readonly noNewPrivileges: boolean;
  /** Whether a seccomp profile keeps system calls from it. */
  readonly confined: boolean;
}

/**
 * GPUs on the cluster's node: a library with the driver's ABI that answers by a script, and a device plugin that hands the GPUs
 * out. Kubelet, containers, processes and control groups are real.
 */
export class GpuNode {
  static async create(cluster: Cluster, gpus: readonly string[]): Promise<GpuNode> {
    const folder = cluster.path('driver');
    await mkdir(join(folder, 'lib64'), { recursive: true });
    // Modules of the exporter are ESM, and this one is not.
    const { compileNvml } = await import('../../../exporter/test/nvml/library.js');
    const { NvmlScript } = await import('../../../exporter/test/nvml/script.js');
    await copyFile(compileNvml(), join(folder, 'lib64', 'libnvidia-ml.so.1'));
    await chmod(folder, 0o755);
    const script = new NvmlScript(join(folder, 'script')).pids('host');
    for (const uuid of gpus) {
      script.device({ preset: 'h100', values: { uuid } });
    }
    script.write();
    const plugin = new DevicePlugin(cluster.nodePath('/var/lib/kubelet/device-plugins'), RESOURCE, gpus);
    await plugin.start();
    const node = new GpuNode(cluster, folder, script, plugin);
    await node.offers(gpus.length);
    return node;
  }

  private constructor(
    private readonly cluster: Cluster,
    /** The folder on the node that holds the library. */
    readonly driverDirectory: string,
    /** What the library answers. */
    readonly script: NvmlScript,
    private readonly plugin: DevicePlugin,
  ) {}

  /** What a container needs in its environment, so that the library finds its script. */
  get environment(): { name: string; value: string }[] {
    return [{ name: 'NVML_SCRIPT', value: `${IN_CONTAINER}/script` }];
  }

  /** Waits until the node says that it has so many GPUs. */
  offers(gpus: number): Promise<void> {
    return eventually('GPUs of the node', async () => {
      const { status } = await this.cluster.get<{ status: { allocatable: Readonly<Record<string, string>> } }>([
        'node',
        nodeName,
      ]);
      const found = status.allocatable[RESOURCE];
      if (found !== String(gpus)) {
        throw new Error(`the node has ${found ?? 'none'} and not ${gpus}`);
      }
    });
  }

  /** Has the kubelet run a pod by itself, as it does those of a control plane. */
  async runStatic(pod: { readonly metadata: { readonly name: string } }): Promise<void> {
    await writeFile(this.staticPod(pod.metadata.name), JSON.stringify(pod));
  }

  async endStatic(name: string): Promise<void> {
    await rm(this.staticPod(name));
  }

  /** The first process of a container that runs. */
  processOf({ namespace, pod, container }: ContainerName): Promise<NodeProcess> {
    return eventually(
      `process of ${namespace}/${pod}/${container}`,
      async () => {
        const { status } = await this.cluster.get<{
          status: {
            containerStatuses?: readonly { name: string; containerID?: string; state: { running?: object } }[];
          };
        }>(['pod', '-n', namespace, pod]);
        const found = status.containerStatuses?.find(({ name }) => name === container);
        const id = found?.containerID?.replace(/^.*:\/\//, '');
        if (id === undefined || found?.state.running === undefined) {
          throw new Error('it does not run');
        }
        return this.firstProcess(id);
      },
      { timeoutMilliseconds: 120_000 },
    );
  }

  /** What a process may do. */
  async rightsOf(pid: number): Promise<ProcessRights> {
    const status = await readFile(join(this.cluster.nodePath('/proc'), String(pid), 'status'), 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '';
    return {
      user: Number(field('Uid')),
      capabilities: BigInt(`0x${field('CapEff')}`),
      noNewPrivileges: field('NoNewPrivs') === '1',
      confined: field('Seccomp') === '2',
    };
  }

  /** Restarts the kubelet; a device plugin then has to come again, since the kubelet removes all sockets. */
  async restartKubelet(): Promise<void> {
    await this.cluster.restart('kubelet');
    await eventually('registration after the restart', () => this.plugin.start());
  }

  stop(): void {
    this.plugin.stop();
  }

  private staticPod(name: string): string {
    return this.cluster.path(staticPodFolder, `${name}.json`);
  }

  private async firstProcess(containerId: string): Promise<NodeProcess> {
    const proc = this.cluster.nodePath('/proc');
    const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
    for (const pid of pids.sort((a, b) => a - b)) {
      const read = (file: string) => readFile(join(proc, String(pid), file), 'utf8').catch(() => '');
      if ((await read('cgroup')).includes(containerId)) {
        const given = (await read('environ')).split('\0').find((variable) => variable.startsWith(`${GIVEN}=`));
        const gpus = given?.slice(GIVEN.length + 1).split(',') ?? [];
        return { pid, containerId, gpus };
      }
    }
    throw new Error(`no process is in the control group of ${containerId}`);
  }
}
