import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Exposition, type ExpositionOptions } from '../../src/metrics/exposition.js';
import { MetricsPage } from '../../src/metrics/metrics-page.js';
import { SelfMetrics } from '../../src/metrics/self-metrics.js';
import type { Snapshot } from '../../src/metrics/snapshot.js';
import type { Page } from '../../src/server/pages.js';
import { device, snapshotOf } from './snapshots.js';

const made: SelfMetrics[] = [];
afterEach(() => {
  for (const each of made.splice(0)) {
    each.close();
  }
});

function page(
  lastSnapshot: () => Snapshot | undefined,
  profiles: ExpositionOptions['profiles'] = ['native'],
): MetricsPage {
  const exposition = new Exposition({
    profiles,
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: false },
    hostname: 'node-1',
    limit: 100_000,
  });
  const self = new SelfMetrics({
    version: '1.0.0',
    collectors: () => [],
    sources: () => [],
    capabilities: () => [],
    droppedProcesses: () => 0,
    exposition,
  });
  made.push(self);
  return new MetricsPage(exposition, self, lastSnapshot);
}

const textOf = ({ body, end }: Page): string => `${body}${end ?? ''}`;

const SNAPSHOT = snapshotOf([device(0, [['gpu_power_watts', 70]])]);
const OPENMETRICS = 'application/openmetrics-text;version=1.0.0';

describe('an answer to a scrape', () => {
  it('is text with the snapshot first and the metrics of the exporter after it', async () => {
    const answer = await page(() => SNAPSHOT).respond({ gzip: false });
    expect(answer).toMatchObject({ status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(answer.encoding).toBeUndefined();
    const text = textOf(answer);
    expect(text.indexOf('gpu_power_watts{')).toBeGreaterThan(0);
    expect(text.indexOf('gpu_exporter_build_info{')).toBeGreaterThan(text.indexOf('gpu_power_watts{'));
    expect(text.endsWith('\n')).toBe(true);
  });

  it('is OpenMetrics with one end for a client that asks for it', async () => {
    const answer = await page(() => SNAPSHOT).respond({ accept: OPENMETRICS, gzip: false });
    expect(answer.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(textOf(answer).match(/# EOF/g)).toHaveLength(1);
    expect(textOf(answer).endsWith('\n# EOF\n')).toBe(true);
  });

  it('is text with all profiles for a client that asks for OpenMetrics, where a profile is not valid there', async () => {
    const answer = await page(() => SNAPSHOT, ['native', 'dcgm']).respond({ accept: OPENMETRICS, gzip: false });
    expect(answer.contentType).toContain('text/plain');
    expect(textOf(answer)).toContain('DCGM_FI_DEV_POWER_USAGE{');
  });

  it('is compressed for a client that takes it', async () => {
    const answer = await page(() => SNAPSHOT).respond({ gzip: true });
    expect(answer.encoding).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toContain('gpu_power_watts{');
  });

  it('shows the series of the scrape before', async () => {
    const one = page(() => SNAPSHOT);
    await one.respond({ gzip: false });
    const text = textOf(await one.respond({ gzip: false }));
    expect(text).toContain('gpu_exporter_series{profile="native"} 1');
    expect(text).toContain('gpu_exporter_scrape_duration_seconds_count 1');
  });

  it('has the metrics of the exporter before the first collection', async () => {
    expect(await page(() => undefined).once()).toMatch(/^# HELP gpu_exporter_/);
  });
});
