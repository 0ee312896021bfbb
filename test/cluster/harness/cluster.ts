import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bringUp } from './bring-up';
import { type CommandOptions, run } from './command';
import { NodeImages } from './images';
import { containerdSocket } from './node-configuration';
import { restartProgram } from './program-control';
import { controlGroupOf, createRunDirectory, removeLeftovers } from './run-directory';
import { Sandbox } from './sandbox';
import { type ProcessIdentity, readState } from './state-file';
import type { Tools } from './tools';

/** What another process needs to use a running cluster: plain data. */
export interface ClusterHandle {
  readonly runDirectory: string;
  readonly init: ProcessIdentity;
  readonly tools: Tools;
}

export interface ClusterOptions {
  /** Paths of all programs, from `ensureTools`. */
  readonly tools: Tools;
  /**
   * Whether the cluster stays when the process that made it ends. Without it the kernel ends the cluster too, even
   * after a crash.
   * @default false
   */
  readonly outliveOwner?: boolean;
}

/** A real Kubernetes of one node in namespaces of its own. */
export class Cluster {
  /** Starts a cluster, and before that ends those that crashed test runs left. */
  static async up(options: ClusterOptions): Promise<Cluster> {
    await removeLeftovers();
    const runDirectory = await createRunDirectory();
    try {
      const init = await bringUp({ ...options, runDirectory });
      return new Cluster({ runDirectory, init, tools: options.tools });
    } catch (error) {
      const init = (await readState(runDirectory))?.init;
      if (init !== undefined) {
        await new Sandbox(init).destroy();
      }
      throw new Error(`the cluster did not start; logs are in ${join(runDirectory, 'log')}`, { cause: error });
    }
  }

  readonly images: NodeImages;
  private readonly sandbox: Sandbox;

  /** Uses a running cluster. */
  constructor(readonly handle: ClusterHandle) {
    this.sandbox = new Sandbox(handle.init);
    this.images = new NodeImages({
      tools: handle.tools,
      socket: this.sandbox.outsidePath(containerdSocket),
      folder: handle.runDirectory,
    });
  }

  /** Runs `kubectl` as the cluster's administrator. */
  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const [program = '', ...rest] = this.kubectlCommand(args);
    return run(program, rest, options);
  }

  /** The command that `kubectl` runs, for a person or another program to run it. */
  kubectlCommand(args: readonly string[]): string[] {
    const kubectl = [this.handle.tools.kubectl ?? 'kubectl', '--kubeconfig', this.path('admin.kubeconfig')];
    return this.sandbox.inNetwork([...kubectl, ...args]).flat();
  }

  /** Reads objects; the caller says what shape they have. */
  async get<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json'])) as T;
  }

  /** Applies objects on the server's side, as a GitOps pipeline would. */
  apply(objects: readonly object[]): Promise<string> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    return this.kubectl(['apply', '--server-side', '-f', '-'], { input: list });
  }

  /** Runs a command in the cluster's network, where nodes, pods and Services have their addresses. */
  inside(command: readonly string[], options: CommandOptions = {}): Promise<string> {
    return run(...this.sandbox.inNetwork(command), options);
  }

  /** What a container has printed so far. */
  containerLog(namespace: string, pod: string, container?: string): Promise<string> {
    return this.kubectl(['logs', '-n', namespace, pod, ...(container === undefined ? [] : ['-c', container])]);
  }

  /** A path in the cluster's folder: `log/<program>.log`, `log/audit.log`, `pki/ca.crt` … */
  path(...parts: string[]): string {
    return join(this.handle.runDirectory, ...parts);
  }

  /** Stops a program of the node and starts it anew, as an upgrade or a crash does. */
  restart(program: string): Promise<void> {
    return restartProgram(this.sandbox, this.handle.runDirectory, program);
  }

  /** Sends a signal to a process of the node. */
  async signal(pid: number, signal: 'TERM' | 'KILL'): Promise<void> {
    await run(...this.sandbox.inside(['kill', `-${signal}`, String(pid)]));
  }

  /** The path under which this process sees one of the node's files, such as `/var/lib/kubelet` or `/proc`. */
  nodePath(path: string): string {
    return this.sandbox.outsidePath(path);
  }

  /** Ends the cluster and removes all that it wrote except the logs, which stay until the next cluster starts. */
  async down(): Promise<void> {
    await this.sandbox.destroy();
    await controlGroupOf(this.handle.runDirectory).remove();
    for (const entry of await readdir(this.handle.runDirectory)) {
      if (entry !== 'log' && entry !== 'state.json') {
        await rm(this.path(entry), { recursive: true, force: true });
      }
    }
  }
}
