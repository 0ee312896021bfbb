import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Cluster } from './cluster';

const execute = promisify(execFile);

/** What `kubectl` said, with its warnings; a failure throws. */
export interface Applied {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Applies files as a GitOps pipeline would: on the server's side, with strict validation of fields.
 *
 * Warnings of the API server, such as those of Pod Security, are on `stderr`.
 */
export async function applyFiles(
  cluster: Cluster,
  files: readonly string[],
  flags: readonly string[] = [],
): Promise<Applied> {
  return apply(cluster, [...flags, ...files.flatMap((file) => ['-f', file])]);
}

/** Applies a folder with a kustomization.yaml in the same way. */
export async function applyFolder(cluster: Cluster, folder: string): Promise<Applied> {
  return apply(cluster, ['-k', folder]);
}

async function apply(cluster: Cluster, source: readonly string[]): Promise<Applied> {
  const [program = '', ...args] = cluster.kubectlCommand(['apply', '--server-side', '--validate=strict', ...source]);
  return execute(program, args, { encoding: 'utf8', timeout: 120_000 });
}

/** The differences between the cluster and the files, as `kubectl diff` shows them; empty for none. */
export async function difference(
  cluster: Cluster,
  files: readonly string[],
  side: 'server' | 'client' = 'server',
): Promise<string> {
  return differenceOf(cluster, [`--server-side=${side === 'server'}`, ...files.flatMap((file) => ['-f', file])]);
}

/** The differences between the cluster and a folder with a kustomization.yaml. */
export async function folderDifference(cluster: Cluster, folder: string): Promise<string> {
  return differenceOf(cluster, ['--server-side', '-k', folder]);
}

async function differenceOf(cluster: Cluster, source: readonly string[]): Promise<string> {
  const [program = '', ...args] = cluster.kubectlCommand(['diff', ...source]);
  try {
    return (await execute(program, args, { encoding: 'utf8', timeout: 120_000, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string };
    if (code === 1) {
      return stdout ?? '';
    }
    throw error;
  }
}
