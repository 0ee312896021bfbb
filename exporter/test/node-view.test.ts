import { expect, it } from 'vitest';
import { parseSettings } from '../src/config/parse.js';
import { simulatedNode } from '../src/node-view.js';

const BACKEND = { gpus: '1xH100', seed: 1, since: 1_700_000_000 };

async function simulated(...flags: readonly string[]) {
  const command = parseSettings(['--backend', 'simulated', ...flags], {});
  if (command.kind !== 'run') throw new Error(command.kind);
  return await simulatedNode(BACKEND, command.settings);
}

it('has pods in the simulation', async () => {
  const { attribution, sources } = await simulated();
  expect(attribution.allocations[0]?.allocations().length).toBeGreaterThan(0);
  expect(sources.map(({ name }) => name)).toEqual(['pod-resources', 'api-server']);
});

it('has none where Kubernetes is turned off', async () => {
  const { attribution, sources } = await simulated('--disable-k8s');
  expect(attribution).toEqual({ pods: [], allocations: [], containers: [] });
  expect(sources).toEqual([]);
});

it('has not what else is turned off', async () => {
  const { sources, processCapability } = await simulated('--kubernetes.api-server=off', '--no-collect.processes');
  expect(sources.map(({ name }) => name)).toEqual(['pod-resources']);
  expect(processCapability).toMatchObject({ supported: false, reason: 'turned_off' });
});
