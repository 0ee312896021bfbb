import { expect } from 'vitest';
import { ConfigMapTexts } from '../../../lib/core/config-map-texts';
import { Problems } from '../../../lib/model/problem';
import type { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { type ScrapeOptions, ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { checkMonitor } from '../../../lib/prometheus/operator/check-monitor';
import { type Monitor, renderMonitors } from '../../../lib/prometheus/operator/monitor';
import { expectValidCustomResources } from '../../crd-schema';

/** Paths of what a configuration refers to. */
export const files = { path: (key: SecretKey | ConfigMapKey) => `/files/${key.kind}/${key.name}/${key.key}` };

/** The monitors of a target; each must be one that the API server takes. */
export function monitorsOf(target: ScrapeTarget, ownsScrapeClasses = true): readonly Monitor[] {
  const monitors = renderMonitors(target, { texts: new ConfigMapTexts('texts'), ownsScrapeClasses });
  expect(
    expectValidCustomResources(
      monitors.map(({ apiVersion, kind, name, spec }) => ({ apiVersion, kind, metadata: { name }, spec })),
    ),
  ).toBe(monitors.length);
  return monitors;
}

/** The one monitor of a target. */
export function single(target: ScrapeTarget, ownsScrapeClasses = true): Monitor {
  const [monitor, ...others] = monitorsOf(target, ownsScrapeClasses);
  expect(others).toEqual([]);
  return monitor as Monitor;
}

/** What the operator could not be told of a target. */
export function monitorProblemsOf(target: ScrapeTarget, ownsScrapeClasses = true): readonly string[] {
  const problems = Problems.at('here');
  checkMonitor(target, ownsScrapeClasses, problems);
  return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
}

/** What a target may be told. */
export type Options = Partial<ScrapeOptions>;

/** One target of each shape. */
export const TARGETS = {
  service: (options: Options) =>
    ScrapeTarget.services({ namespace: 'shop', matchLabels: { app: 'api' }, job: 'j', ...options }),
  pod: (options: Options) =>
    ScrapeTarget.pods({ namespace: 'shop', matchLabels: { app: 'api' }, job: 'j', ...options }),
  probe: (options: Options) =>
    ScrapeTarget.probe(['https://example.com'], { prober: 'blackbox:9115', job: 'j', ...options }),
  host: (options: Options) => ScrapeTarget.hosts(['a.example.com:9100'], { job: 'j', ...options }),
};

/** How a target finds its addresses. */
export type Shape = keyof typeof TARGETS;

/** Every shape. */
export const SHAPES = Object.keys(TARGETS) as Shape[];

/** Where each kind of monitor keeps the relabelings of its first endpoint. */
export const RELABELINGS = {
  ServiceMonitor: 'endpoints.0.relabelings',
  PodMonitor: 'podMetricsEndpoints.0.relabelings',
  Probe: 'targets.staticConfig.relabelingConfigs',
  ScrapeConfig: 'relabelings',
} as const;
