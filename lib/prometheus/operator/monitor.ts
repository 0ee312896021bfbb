import { compact } from '../../model/compact';
import type { ConfigMapTexts } from '../../model/operator-http-client';
import type { ScrapeEndpoint } from '../../model/scrape/endpoint';
import type { ScrapeTarget } from '../../model/scrape/scrape-target';
import type { ScrapeClassOptions } from './operator-props';
import { renderPodMonitor } from './pod-monitor';
import { renderProbe } from './probe';
import { fileClass, type ScrapeClass } from './scrape-class';
import { renderScrapeConfig } from './scrape-config';
import { renderServiceMonitor } from './service-monitor';

/** A custom resource that tells prometheus-operator what to scrape. */
export interface Monitor {
  readonly apiVersion: string;
  readonly kind: MonitorKind;
  readonly name: string;
  readonly spec: Record<string, unknown>;
  /** What the Prometheus must offer so that the monitor can refer to it. */
  readonly scrapeClass?: ScrapeClass;
  /** The target that it was made of. */
  readonly target: ScrapeTarget;
}

/** The kinds of monitors that prometheus-operator knows. */
export type MonitorKind = 'ServiceMonitor' | 'PodMonitor' | 'Probe' | 'ScrapeConfig';

/** What the rendering of a monitor needs beyond its target. */
export interface MonitorContext {
  /** Texts that a custom resource takes only by reference. */
  readonly texts: ConfigMapTexts;
  /** Whether scrape classes can be added to the Prometheus; only they can name files for every kind of monitor. */
  readonly ownsScrapeClasses: boolean;
  /** The class that holds for every monitor that names none. @default - none */
  readonly defaultScrapeClass?: ScrapeClassOptions | undefined;
}

/** The part of a target that becomes one monitor. */
export interface MonitorPart {
  readonly target: ScrapeTarget;
  readonly endpoints: readonly ScrapeEndpoint[];
  /** Scrape class that the monitor names: of its own, or as the target says. */
  readonly scrapeClass?: string;
  readonly context: MonitorContext;
}

const API_VERSION: Readonly<Record<MonitorKind, string>> = {
  ServiceMonitor: 'monitoring.coreos.com/v1',
  PodMonitor: 'monitoring.coreos.com/v1',
  Probe: 'monitoring.coreos.com/v1',
  ScrapeConfig: 'monitoring.coreos.com/v1alpha1',
};

/**
 * Renders a target as the custom resources that make prometheus-operator scrape the same with the same final labels.
 *
 * What a ServiceMonitor, PodMonitor or Probe cannot express becomes a ScrapeConfig, which can. Credentials and
 * certificates by file become scrape classes, since no other field of most kinds takes files.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/
 */
export function renderMonitors(target: ScrapeTarget, context: MonitorContext): readonly Monitor[] {
  const kind = monitorKind(target);
  const parts = partsOf(target, kind, context);
  return parts.map(({ endpoints, file }, index) => {
    const suffix = parts.length === 1 ? '' : `-${index + 1}`;
    const name = `${monitorName(target.job)}${suffix}`;
    const scrapeClass = file && { name, ...file };
    const named = scrapeClass?.name ?? target.options.scrapeClass;
    const part: MonitorPart = { target, endpoints, context, ...(named !== undefined && { scrapeClass: named }) };
    const spec = compact(RENDERERS[kind](part));
    return { apiVersion: API_VERSION[kind], kind, name, spec, target, ...(scrapeClass && { scrapeClass }) };
  });
}

const RENDERERS: Readonly<Record<MonitorKind, (part: MonitorPart) => Record<string, unknown>>> = {
  ServiceMonitor: renderServiceMonitor,
  PodMonitor: renderPodMonitor,
  Probe: renderProbe,
  ScrapeConfig: renderScrapeConfig,
};

/** The kind of monitor that a target becomes. */
export function monitorKind(target: ScrapeTarget): MonitorKind {
  const { discovery, endpoints, options } = target;
  if (endpoints.some(({ enableCompression }) => enableCompression !== undefined)) {
    return 'ScrapeConfig';
  }
  switch (discovery.kind) {
    case 'serviceObject':
    case 'service':
      return 'ServiceMonitor';
    case 'pod':
      return 'PodMonitor';
    case 'probe':
      return isPlainProbe(target) && options.bodySizeLimit === undefined ? 'Probe' : 'ScrapeConfig';
    default:
      return 'ScrapeConfig';
  }
}

/** Whether a Probe has a field for everything that is set. */
function isPlainProbe({ endpoints }: ScrapeTarget): boolean {
  const [endpoint] = endpoints;
  return (
    endpoints.length === 1 &&
    endpoint?.honorLabels === undefined &&
    endpoint?.honorTimestamps === undefined &&
    endpoint?.trackTimestampsStaleness === undefined
  );
}

interface Part {
  readonly endpoints: readonly ScrapeEndpoint[];
  readonly file: Omit<ScrapeClass, 'name'> | undefined;
}

/** Endpoints that can share a monitor: a ScrapeConfig has one, and a monitor names one scrape class. */
function partsOf(target: ScrapeTarget, kind: MonitorKind, context: MonitorContext): readonly Part[] {
  const parts = new Map<string, { endpoints: ScrapeEndpoint[]; file: Part['file'] }>();
  for (const [index, endpoint] of target.endpoints.entries()) {
    const file = context.ownsScrapeClasses ? fileClass(endpoint, context.defaultScrapeClass) : undefined;
    const key = kind === 'ScrapeConfig' ? String(index) : JSON.stringify(file ?? {});
    const part = parts.get(key) ?? { endpoints: [], file };
    part.endpoints.push(endpoint);
    parts.set(key, part);
  }
  return [...parts.values()];
}

/** A job as the name of an object: lower-case letters, digits and `-`. */
export function monitorName(job: string): string {
  return job
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
