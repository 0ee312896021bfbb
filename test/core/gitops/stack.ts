import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ApiObject, App, Chart, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { parse, parseAllDocuments } from 'yaml';
import type { Crds } from '../../../lib/core/crds';
import type { GitOps } from '../../../lib/core/gitops/gitops';
import { layOut } from '../../../lib/core/gitops/layout';
import { namespaceWithLevel } from '../../../lib/core/namespace';
import { Storage } from '../../../lib/core/storage';
import { Grafana } from '../../../lib/grafana/grafana';
import { StandalonePrometheus } from '../../../lib/prometheus/standalone/standalone-prometheus';
import { NodeExporter } from '../../../lib/targets/node-exporter/node-exporter';
import type { TestObject } from '../../objects';

export interface StackOptions {
  readonly gitOps: GitOps;
  readonly crds?: Crds;
  /** @default - a new one */
  readonly outdir?: string;
  /** @default true */
  readonly dashboard?: boolean;
  /** Adds objects of prometheus-operator. @default false */
  readonly customResources?: boolean;
}

export function makeOutdir(): string {
  return join(mkdtempSync(join(tmpdir(), 'gitops-')), 'out');
}

/** A small stack of real parts, beside a chart of the user. */
export function makeStack(options: StackOptions): { app: App; outdir: string; charts: readonly Chart[] } {
  const outdir = options.outdir ?? makeOutdir();
  const app = new App({ outdir });
  const chart = (part: string) =>
    new Chart(app, `monitoring-${part}`, { namespace: 'monitoring', disableResourceNameHashes: true });
  const charts = [chart('namespaces'), chart('prometheus'), chart('grafana'), chart('node-exporter')] as const;
  const [namespaces, prometheusChart, grafanaChart, nodeExporterChart] = charts;
  namespaceWithLevel(namespaces, 'monitoring', 'monitoring', 'restricted');
  const storage = Storage.claim({ size: Size.gibibytes(1) });
  const prometheus = new StandalonePrometheus(prometheusChart, 'prometheus', { storage });
  prometheus.monitor(new NodeExporter(nodeExporterChart, 'node-exporter'));
  const grafana = new Grafana(grafanaChart, 'grafana', { storage });
  if (options.dashboard !== false) {
    grafana.addDashboard({ uid: 'gpus', title: 'GPUs', model: { panels: [] } });
  }
  if (options.customResources === true) {
    makeCustomResources(prometheusChart);
  }
  new ApiObject(new Chart(app, 'shop'), 'object', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' } });
  layOut(new Construct(app, 'monitoring'), { ...options, charts: () => charts });
  return { app, outdir, charts };
}

function makeCustomResources(chart: Chart): void {
  const labels = { 'app.kubernetes.io/name': 'prometheus-operator' };
  const kinds = ['Prometheus', 'PrometheusRule', 'ServiceMonitor', 'PodMonitor', 'Probe'];
  for (const kind of kinds) {
    new ApiObject(chart, kind, { apiVersion: 'monitoring.coreos.com/v1', kind, metadata: { name: 'a' } });
  }
  new ApiObject(chart, 'ScrapeConfig', {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'ScrapeConfig',
    metadata: { name: 'a' },
  });
  new ApiObject(chart, 'Operator', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'prometheus-operator', labels },
  });
}

/** Every file of a folder, by its path. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((entry) => join(folder, entry));
  return Object.fromEntries(
    paths
      .filter((path) => statSync(path).isFile())
      .sort()
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  );
}

/** The objects of one file. */
export function objectsIn(text: string): readonly TestObject[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as TestObject);
}

/** Every object below a folder, without what is for kustomize and Flux. */
export function allObjects(folder: string): readonly TestObject[] {
  return Object.entries(filesOf(folder))
    .filter(([path]) => path.endsWith('.k8s.yaml'))
    .flatMap(([, text]) => objectsIn(text));
}

/** Kinds and names, which are the same in every layout. */
export function names(objects: readonly TestObject[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

export interface Kustomization {
  readonly resources: readonly string[];
  readonly commonAnnotations?: Readonly<Record<string, string>>;
}

export function kustomization(folder: string): Kustomization {
  return parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
}
