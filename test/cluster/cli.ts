import { Cluster } from './harness/cluster';
import { requireNeeds } from './harness/needs';
import { removeLeftovers } from './harness/run-directory';
import { ensureTools } from './harness/tools';

/** For use without a test run; test/cluster/README.md says how. */
const commands: Readonly<Record<string, () => Promise<void>>> = {
  tools: async () => {
    await requireNeeds();
    await ensureTools();
  },
  up: async () => {
    await requireNeeds();
    const cluster = await Cluster.up({ tools: await ensureTools(), outliveOwner: true });
    console.log(cluster.kubectlCommand([]).join(' '));
  },
  down: removeLeftovers,
};

const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  console.error(`usage: cli ${Object.keys(commands).join(' | ')}`);
  process.exitCode = 2;
} else {
  command().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
