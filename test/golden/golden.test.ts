import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** Whole apps against the output that was committed: what changes here changes on every user's cluster. */
const root = join(__dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'golden-'));
const apps = readdirSync(join(root, 'apps')).flatMap((file) => /^(.+)\.ts$/.exec(file)?.[1] ?? []);

afterAll(() => rmSync(scratch, { recursive: true }));

function filesOf(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, entry);
    if (statSync(path).isFile()) {
      files[relative(folder, path)] = readFileSync(path, 'utf8');
    }
  }
  return files;
}

interface SynthOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
}

function synth(app: string, folder: string, options: SynthOptions = {}): void {
  execFileSync(options.node ?? process.execPath, [join(root, 'build/apps', `${app}.js`)], {
    cwd: options.cwd ?? root,
    env: { PATH: process.env.PATH, ...options.env, CDK8S_OUTDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

it('is as large as the README says', () => {
  const rules = readFileSync(join(__dirname, 'main/monitoring-prometheus.k8s.yaml'), 'utf8');
  const alerts = rules.match(/^ *- alert: /gm)?.length;
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`${alerts} alerts`);
});

describe.each(apps)('apps/%s.ts', (app) => {
  const committed = join(__dirname, app);

  it('synthesizes to the committed output (npm run golden writes it anew)', () => {
    const output = join(scratch, app);
    synth(app, output);
    if (process.env.UPDATE_GOLDEN === '1') {
      rmSync(committed, { recursive: true, force: true });
      cpSync(output, committed, { recursive: true });
    }
    expect(existsSync(committed), `${committed} is missing: run npm run golden`).toBe(true);
    expect(filesOf(output)).toEqual(filesOf(committed));
  });

  it('does not depend on the working directory, the locale or the time zone', () => {
    const output = join(scratch, `${app}-elsewhere`);
    synth(app, output, {
      cwd: tmpdir(),
      env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' },
    });
    expect(filesOf(output)).toEqual(filesOf(committed));
  });

  it('does not depend on the version of Node', (context) => {
    const node = process.env.OTHER_NODE ?? context.skip('OTHER_NODE names no other Node binary; CI sets it');
    const output = join(scratch, `${app}-other-node`);
    synth(app, output, { node });
    expect(filesOf(output)).toEqual(filesOf(committed));
  });
});
