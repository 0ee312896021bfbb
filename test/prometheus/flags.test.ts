import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tool } from '../tool';

/** Flags of the server that are no option, and why. */
const DECIDED: Readonly<Record<string, string>> = {
  help: 'prints and exits',
  version: 'prints and exits',
  'config.auto-reload': 'the config reloader does it, and has metrics about it',
  'config.auto-reload-interval': 'as above',
  'web.listen-address': 'the Service and the probes expect the port',
  'auto-gomaxprocs': 'on by default',
  'auto-gomemlimit': 'on by default',
  'auto-gomemlimit.refresh-interval': 'a container keeps its limit',
  'storage.tsdb.retention.time': 'deprecated for the configuration file',
  'storage.tsdb.retention.size': 'deprecated for the configuration file',
  'log.level': 'deprecated for the configuration file',
  agent: 'agent mode is another kind of server',
};

it('offers every flag of the server, or says why not', (context) => {
  const prometheus = tool('prometheus', context);
  const { stdout, stderr } = spawnSync(prometheus, ['--help'], { encoding: 'utf8' });
  const help = stdout + stderr;
  const flags = [...help.matchAll(/^ {2,6}(?:-h, )?--(?:\[no-\])?([a-z][a-z0-9.-]*)/gm)].map(([, flag = '']) => flag);
  expect(flags.length).toBeGreaterThan(50);
  const source = readFileSync(join(__dirname, '../../lib/prometheus/standalone/arguments.ts'), 'utf8');
  const missing = flags.filter(
    (flag) => !source.includes(`'${flag}'`) && !source.includes(`--${flag}=`) && !flag.startsWith('storage.agent.'),
  );
  expect(missing.filter((flag) => DECIDED[flag] === undefined)).toEqual([]);
});
