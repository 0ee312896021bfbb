import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, Lazy, Testing } from 'cdk8s';
import { describe, expect, it, vi } from 'vitest';
import {
  addCheck,
  addLateObjects,
  addOutputFile,
  addTitle,
  addWarning,
  SynthesisError,
} from '../../lib/core/synthesis';

function makeApp() {
  const app = new App({ outdir: join(mkdtempSync(join(tmpdir(), 'synthesis-')), 'out') });
  return { app, chart: new Chart(app, 'chart') };
}

describe('app.synth', () => {
  it('reports every problem at once, and writes nothing', () => {
    const { app, chart } = makeApp();
    addTitle(chart, 'training-1/monitoring');
    addCheck(chart, (problems) => problems.within('rules').add('expr', 'It is wrong.\nAnd how.'));
    addCheck(new ApiObject(chart, 'object', { apiVersion: 'v1', kind: 'X' }), (problems) =>
      problems.add('port', 'No.'),
    );
    let error: unknown;
    try {
      app.synth();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SynthesisError);
    expect((error as SynthesisError).message).toBe(
      [
        'training-1/monitoring: 2 problems',
        '',
        '  chart/rules  expr',
        '    It is wrong.',
        '    And how.',
        '',
        '  chart/object  port',
        '    No.',
        '',
      ].join('\n'),
    );
    expect(existsSync(app.outdir)).toBe(false);
  });

  it('is said once where nobody catches it, with exit code 1', () => {
    const [library, scratch] = [join(__dirname, '../../build/lib'), mkdtempSync(join(tmpdir(), 'uncaught-'))];
    const program = `
      const { App } = require('cdk8s');
      const { ClusterProfile, MonitoringStack } = require(${JSON.stringify(library)});
      const app = new App({ outdir: ${JSON.stringify(join(scratch, 'out'))} });
      const cluster = ClusterProfile.kubeadm('training-1');
      new MonitoringStack(app, 'monitoring', { cluster, prometheus: { retention: '30 days' } });
      app.synth();`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr.match(/is not a duration/g)).toHaveLength(1);
    expect(stderr).toContain('training-1/monitoring: 1 problem\n\n  monitoring-prometheus/prometheus  retention\n');
  });

  it('says what is wrong even where that keeps an object from being rendered', () => {
    const { app, chart } = makeApp();
    addTitle(chart, 'a');
    const broken = Lazy.any({
      produce: () => {
        throw new Error('cannot be rendered');
      },
    });
    new ApiObject(chart, 'object', { apiVersion: 'v1', kind: 'X', spec: broken });
    expect(() => app.synth()).toThrow(/chart\/object {2}props\n {4}They cannot be rendered: .*cannot be rendered/s);
    addCheck(chart, (problems) => problems.add('url', 'It is no URL.'));
    expect(() => app.synth()).toThrow('chart  url\n    It is no URL.');
  });

  it('makes late objects once, and runs each check once', () => {
    const { app, chart } = makeApp();
    let made = 0;
    let checked = 0;
    addLateObjects(chart, () => new ApiObject(chart, `late-${made++}`, { apiVersion: 'v1', kind: 'Late' }));
    addCheck(chart, (_problems, objects) => {
      checked++;
      expect(objects.map(({ manifest }) => manifest.kind)).toEqual(['Late']);
    });
    app.synth();
    app.synth();
    expect([made, checked]).toEqual([1, 2]);
    expect(readFileSync(join(app.outdir, 'chart.k8s.yaml'), 'utf8')).toContain('kind: Late');
  });

  it('writes files beside the manifests', () => {
    const { app, chart } = makeApp();
    new ApiObject(chart, 'object', { apiVersion: 'v1', kind: 'X' });
    addOutputFile(chart, 'kinds.txt', (objects) => objects.map(({ manifest }) => manifest.kind).join());
    app.synth();
    expect(readdirSync(app.outdir).sort()).toEqual(['chart.k8s.yaml', 'kinds.txt']);
  });

  it('says warnings on stderr', () => {
    const { app, chart } = makeApp();
    new ApiObject(chart, 'object', { apiVersion: 'v1', kind: 'X' });
    addWarning(chart, () => ['mind the gap']);
    addWarning(chart, (objects) => objects.map(({ manifest }) => `there is an ${manifest.kind}`));
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    app.synth();
    expect(write.mock.calls).toEqual([['warning: chart: mind the gap\n'], ['warning: chart: there is an X\n']]);
    write.mockRestore();
  });
});

it('checks and completes a chart that is synthesized alone, as in tests', () => {
  const { chart } = makeApp();
  addLateObjects(chart, () => new ApiObject(chart, 'late', { apiVersion: 'v1', kind: 'Late' }));
  expect(Testing.synth(chart)).toHaveLength(1);
  addCheck(chart, (problems) => problems.add('port', 'No.'));
  expect(() => Testing.synth(chart)).toThrow('chart port: No.');
});
