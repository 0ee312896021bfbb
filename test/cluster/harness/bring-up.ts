import { readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses, nodeName } from './addresses';
import { run } from './command';
import { eventually } from './eventually';
import { NodeImages } from './images';
import {
  auditPolicy,
  containerdConfiguration,
  containerdSocket,
  kubeconfig,
  kubeletConfiguration,
  noRegistry,
  pauseImage,
  podNetwork,
  staticPodFolder,
} from './node-configuration';
import { firstPrograms, laterPrograms, type NodeProgram } from './node-programs';
import { CertificateAuthority } from './pki';
import { logFileOf, startProgram } from './program-control';
import { controlGroupOf } from './run-directory';
import { Sandbox } from './sandbox';
import { sourcePath } from './source-folder';
import { ownIdentity, type ProcessIdentity, writeState } from './state-file';
import type { Tools } from './tools';

const dnsImage = 'registry.k8s.io/coredns/coredns:v1.15.0';

export interface BringUpOptions {
  readonly runDirectory: string;
  readonly tools: Tools;
  /** @default false */
  readonly outliveOwner?: boolean;
}

/** Starts a node and returns the first process of its sandbox. */
export async function bringUp(options: BringUpOptions): Promise<ProcessIdentity> {
  const { runDirectory, tools } = options;
  await controlGroupOf(runDirectory).create();
  const toolbox = join(runDirectory, 'toolbox');
  await copyFile(tools.toolbox ?? '', toolbox);
  const sandbox = await Sandbox.create({ runDirectory, toolbox, outliveOwner: options.outliveOwner });
  await writeState(runDirectory, { owner: ownIdentity(), init: sandbox.init });
  await writeFiles(options);

  const node = new StartingNode(sandbox, options);
  for (const program of firstPrograms) {
    node.start(program);
  }
  await node.loadImages();
  await node.waitFor('API server', ['get', '--raw', '/readyz'], 'ok');
  for (const program of laterPrograms) {
    node.start(program);
  }
  await node.kubectl(['apply', '--server-side', '-f', sourcePath('harness', 'dns.yaml')]);
  await node.waitFor('node', ['get', 'node', nodeName, '-o', `jsonpath=${readyCondition}`], 'True');
  await node.kubectl(['label', 'node', nodeName, 'node-role.kubernetes.io/control-plane=']);
  const dns = ['-n', 'kube-system', 'get', 'deployment', 'coredns', '-o', 'jsonpath={.status.availableReplicas}'];
  await node.waitFor('DNS', dns, '1');
  return sandbox.init;
}

const readyCondition = '{.status.conditions[?(@.type=="Ready")].status}';

/** The node while it starts. */
class StartingNode {
  private readonly ended: string[] = [];

  constructor(
    private readonly sandbox: Sandbox,
    private readonly options: BringUpOptions,
  ) {}

  start(program: NodeProgram): void {
    const child = startProgram(this.sandbox, this.options.runDirectory, program);
    child.on('exit', () => this.ended.push(program.name));
  }

  async loadImages(): Promise<void> {
    const images = new NodeImages({
      tools: this.options.tools,
      socket: this.sandbox.outsidePath(containerdSocket),
      folder: this.options.runDirectory,
    });
    const giveUp = () => this.requirePrograms();
    await eventually('containerd', () => images.list(), { giveUp });
    await images.loadFor([pauseImage, dnsImage]);
  }

  kubectl(args: readonly string[]): Promise<string> {
    const { runDirectory } = this.options;
    const kubectl = [join(runDirectory, 'bin', 'kubectl'), '--kubeconfig', join(runDirectory, 'admin.kubeconfig')];
    return run(...this.sandbox.inNetwork([...kubectl, ...args]));
  }

  async waitFor(what: string, args: readonly string[], expected: string): Promise<void> {
    const attempt = async () => {
      const answer = await this.kubectl(args);
      if (answer !== expected) {
        throw new Error(`the answer is '${answer}' instead of '${expected}'`);
      }
    };
    await eventually(what, attempt, { giveUp: () => this.requirePrograms() });
  }

  private requirePrograms(): void {
    const [name] = this.ended;
    if (name !== undefined) {
      throw new Error(
        `${name} ended:\n${readFileSync(logFileOf(this.options.runDirectory, name), 'utf8').slice(-2000)}`,
      );
    }
  }
}

async function writeFiles({ runDirectory, tools }: BringUpOptions): Promise<void> {
  const path = (...parts: string[]) => join(runDirectory, ...parts);
  for (const folder of ['pki', 'cni', 'registries/_default', 'bin', 'volumes', staticPodFolder]) {
    await mkdir(path(folder), { recursive: true });
  }
  // Containerd looks for its shim by name, so the version must not be a part of it.
  for (const [name, program] of Object.entries(tools)) {
    await symlink(program, path('bin', name));
  }
  const authority = await CertificateAuthority.create(path('pki'));
  const node = `IP:${addresses.node}`;
  const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'];
  const names = kubernetes.map((name) => `DNS:${name}`);
  await Promise.all([
    authority.createServiceAccountKeys(),
    authority.issue('kube-apiserver', '/CN=kube-apiserver', [node, `IP:${addresses.apiServerService}`, ...names]),
    authority.issue('kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
    authority.issue('kubelet', `/O=system:nodes/CN=system:node:${nodeName}`, [node, `DNS:${nodeName}`]),
    authority.issue('kube-controller-manager', '/CN=system:kube-controller-manager', [node, 'DNS:localhost']),
    authority.issue('kube-scheduler', '/CN=system:kube-scheduler', [node, 'DNS:localhost']),
    authority.issue('kube-proxy', '/CN=system:kube-proxy'),
    authority.issue('admin', '/O=system:masters/CN=admin'),
  ]);
  for (const user of ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'admin']) {
    await writeFile(path(`${user}.kubeconfig`), kubeconfig(path('pki'), user));
  }
  const folders = { root: path('containerd'), cni: path('cni'), registries: path('registries') };
  await writeFile(path('containerd.toml'), containerdConfiguration(folders));
  await writeFile(path('registries', '_default', 'hosts.toml'), noRegistry);
  await writeFile(path('cni', '10-pods.conflist'), podNetwork(path('ipam')));
  await writeFile(path('kubelet.json'), kubeletConfiguration(runDirectory, controlGroupOf(runDirectory).name));
  await writeFile(path('audit-policy.json'), auditPolicy);
}
