import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tool } from '../../../test/tool.js';
import { CATALOGUE } from '../../src/metrics/catalogue.js';
import { Exposition } from '../../src/metrics/exposition.js';
import type { ExpositionFormat } from '../../src/metrics/family.js';
import { SelfMetrics } from '../../src/metrics/self-metrics.js';
import { collectorState, sample, sourceState } from './self-metrics-inputs.js';
import { wholeCatalogue } from './whole-catalogue.js';

function lint(promtool: string, input: Buffer) {
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input });
  return { status, output: `${stdout}${stderr}` };
}

/** The native profile and the metrics of the exporter, all of them. */
async function everything(format: ExpositionFormat): Promise<Buffer> {
  const exposition = new Exposition({
    profiles: ['native'],
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: false },
    hostname: 'node-1',
    limit: 100_000,
  });
  const self = new SelfMetrics({
    version: '1.0.0',
    collectors: () => [collectorState],
    sources: () => [sourceState],
    capabilities: () => [],
    droppedProcesses: () => 0,
    exposition: {
      dropped: () => [{ profile: 'native', metric: 'x', count: 1 }],
      series: () => new Map([['native', 1]]),
    },
  });
  self.observeSample(sample);
  self.observeScrape(0.001);
  self.observeWebConfigReload(true);
  const text = await self.text(format === 'openmetrics');
  self.close();
  return exposition.render(wholeCatalogue(), format, text);
}

describe('promtool', () => {
  it('has no complaint about any metric of the native profile and of the exporter itself', async (context) => {
    const promtool = tool('promtool', context);
    const body = await everything('text');
    expect(body.toString().match(/^# TYPE gpu_(?!exporter)/gm)).toHaveLength(Object.keys(CATALOGUE).length);
    expect(lint(promtool, body)).toEqual({ status: 0, output: '' });
  });

  it('can read OpenMetrics', async (context) => {
    const promtool = tool('promtool', context);
    const folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
    try {
      // What it writes blocks from must have times.
      const body = (await everything('openmetrics')).toString().replace(/^([^#\n].*)$/gm, '$1 1700000000');
      writeFileSync(join(folder, 'metrics.txt'), body);
      const { status, stderr } = spawnSync(
        promtool,
        ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'metrics.txt'), join(folder, 'blocks')],
        { encoding: 'utf8' },
      );
      expect(stderr).not.toMatch(/error|parse/i);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('can read the profiles of others, with labels of any text', (context) => {
    const promtool = tool('promtool', context);
    const exposition = new Exposition({
      profiles: ['dcgm', 'nvitop'],
      dcgm: { names: '4.6', hostnameLabel: 'hostname', optional: true },
      hostname: 'a"b\\c\nd',
      limit: 100_000,
    });
    const { output } = lint(promtool, exposition.render(wholeCatalogue(), 'text'));
    expect(output).toContain('DCGM_FI_DEV_GPU_UTIL_RATIO');
    expect(output).not.toMatch(/error|parsing/i);
  });
});
