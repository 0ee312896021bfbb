import { inspect } from 'node:util';
import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { Cluster } from './harness/cluster';
import { requireNeeds } from './harness/needs';
import { ensureTools } from './harness/tools';

const keep = process.env.CLUSTER_KEEP === '1';
let cluster: Cluster | undefined;

/** Starts one cluster for all test files. */
export async function setup(project: TestProject): Promise<void> {
  await requireNeeds();
  const tools = await ensureTools();
  const started = Date.now();
  try {
    cluster = await Cluster.up({ tools, outliveOwner: keep });
  } catch (error) {
    throw new Error(inspect(error));
  }
  console.log(`cluster ${cluster.handle.runDirectory} is up after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  project.provide('cluster', cluster.handle);
}

export async function teardown(): Promise<void> {
  if (cluster === undefined) {
    return;
  }
  if (keep) {
    console.log(`the cluster stays until the next one starts: ${cluster.kubectlCommand([]).join(' ')}`);
    return;
  }
  const started = Date.now();
  await cluster.down();
  console.log(`cluster is down after ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
