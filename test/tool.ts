import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** A program of the Prometheus or Kubernetes world that tests ask for its opinion. */
export type ToolName = 'promtool' | 'amtool' | 'prometheus' | 'alertmanager' | 'kubectl';

/**
 * The path of a program, where this machine has it: named by an environment variable (`PROMTOOL`), or built by the
 * cluster tier. One on the PATH may be of any age, so it is not used.
 *
 * Without it the test is skipped and says so; with REQUIRE_TOOLS=1, as in CI, it fails.
 */
export function tool(name: ToolName, context: TestContext): string {
  const found = findTool(name);
  if (found === undefined && process.env.REQUIRE_TOOLS === '1') {
    throw new Error(`${name} is missing, and REQUIRE_TOOLS=1 says that it must be there.`);
  }
  return found ?? context.skip(`${name} is not here: set ${name.toUpperCase()}, or run npm run test:cluster once`);
}

function findTool(name: ToolName): string | undefined {
  const named = process.env[name.toUpperCase()];
  const cache = join(process.env.CLUSTER_CACHE ?? join(homedir(), '.cache/cdk8s-gpu-monitoring'), 'bin');
  const built = existsSync(cache)
    ? readdirSync(cache)
        .filter((file) => new RegExp(`^${name}-v\\d`).test(file))
        .map((file) => join(cache, file))
    : [];
  return [...(named === undefined ? [] : [named]), ...built].find((path) => existsSync(path));
}
