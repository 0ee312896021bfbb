import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import { parseSettings } from '../src/config/parse.js';

/** A module as it is built, since the collector's process runs what was built. */
const built = async <Module>(name: string): Promise<Module> =>
  (await import(pathToFileURL(join(__dirname, '../build', name)).href)) as Module;

it('joins what the sources know once per collection, however often it is scraped', async () => {
  const { Assembler } = await built<typeof import('../src/attribution/assemble.js')>('attribution/assemble.js');
  const { Exporter } = await built<typeof import('../src/exporter.js')>('exporter.js');
  const { simulatedNode } = await built<typeof import('../src/node-view.js')>('node-view.js');
  const command = parseSettings(['--backend', 'simulated', '--collect.interval', '100ms'], {});
  if (command.kind !== 'run') throw new Error(command.kind);
  const backend = { name: 'simulated', gpus: '1xH100', seed: 1, since: Date.now() / 1000 } as const;
  const node = await simulatedNode(backend, command.settings);
  const log = { log: () => {} };
  const exporter = new Exporter(command.settings, node, { backend, version: '0', log });
  const assemble = vi.spyOn(Assembler.prototype, 'assemble');
  exporter.start();
  try {
    await exporter.collected(1);
    const samples = /gpu_exporter_collections_total\{vendor="nvidia",result="ok"\} (\d+)/;
    const count = async () => Number(samples.exec(await exporter.exposition())?.[1]);
    const first = await count();
    const before = assemble.mock.calls.length;
    let last = first;
    while (last < first + 4) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      last = await count();
    }
    expect(assemble.mock.calls.length - before).toBeLessThanOrEqual(last - first + 1);
  } finally {
    assemble.mockRestore();
    await exporter.stop();
  }
});
