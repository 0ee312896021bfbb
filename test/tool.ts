import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/**
 * The path of a program of the Prometheus world, where this machine has it: named by an environment variable
 * (`PROMTOOL`), built by the cluster tier, or on the PATH.
 *
 * Without it the test is skipped and says so; with REQUIRE_TOOLS=1, as in CI, it fails.
 */
export function tool(name: 'promtool' | 'amtool', context: TestContext): string {
  const found = find(name);
  if (found === undefined && process.env.REQUIRE_TOOLS === '1') {
    throw new Error(`${name} is missing, and REQUIRE_TOOLS=1 says that it must be there.`);
  }
  return (
    found ?? context.skip(`${name} is not on this machine: set ${name.toUpperCase()}, or run npm run test:cluster once`)
  );
}

function find(name: string): string | undefined {
  const named = process.env[name.toUpperCase()];
  const cache = join(process.env.CLUSTER_CACHE ?? join(homedir(), '.cache/cdk8s-gpu-monitoring'), 'bin');
  const built = existsSync(cache)
    ? readdirSync(cache)
        .filter((file) => file.startsWith(`${name}-`))
        .map((file) => join(cache, file))
    : [];
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return [...(named === undefined ? [] : [named]), ...built, ...onPath].find((path) => existsSync(path));
}
