import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, YamlOutputType } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Crds } from '../../../lib/core/crds';
import { GitOps } from '../../../lib/core/gitops/gitops';
import { tool } from '../../tool';
import { allObjects, filesOf, kustomization, makeOutdir, makeStack, names, objectsIn } from './stack';

const flux = GitOps.flux({ path: 'manifests', sourceRef: { kind: 'GitRepository', name: 'platform' } });

function synth(options: Parameters<typeof makeStack>[0]): string {
  const { app, outdir } = makeStack(options);
  app.synth();
  return outdir;
}

it('writes one file per chart without a tool, byte for byte what cdk8s writes', () => {
  const { app, outdir } = makeStack({ gitOps: GitOps.none() });
  app.synth();
  const written = filesOf(outdir);
  expect(Object.keys(written)).toEqual([
    'monitoring-grafana.k8s.yaml',
    'monitoring-namespaces.k8s.yaml',
    'monitoring-node-exporter.k8s.yaml',
    'monitoring-prometheus.k8s.yaml',
    'shop.k8s.yaml',
  ]);
  App.prototype.synth.call(app);
  expect(filesOf(outdir)).toEqual(written);
});

describe.each([
  ['kustomize', GitOps.kustomize()],
  ['argoCd', GitOps.argoCd()],
  ['flux', flux],
] as const)('%s', (name, gitOps) => {
  it('writes folders that can be applied one by one, and leaves other charts where they are', () => {
    const outdir = synth({ gitOps, crds: Crds.release('v0.94.1'), customResources: true });
    const files = Object.keys(filesOf(outdir)).filter((path) => !path.includes('flux/'));
    expect(files).toEqual([
      'monitoring/base/kustomization.yaml',
      'monitoring/base/monitoring-grafana.k8s.yaml',
      'monitoring/base/monitoring-namespaces.k8s.yaml',
      'monitoring/base/monitoring-node-exporter.k8s.yaml',
      'monitoring/base/monitoring-prometheus.k8s.yaml',
      'monitoring/crds/kustomization.yaml',
      ...(name === 'flux' ? [] : ['monitoring/kustomization.yaml']),
      'monitoring/overlays/alerting/kustomization.yaml',
      'monitoring/overlays/alerting/monitoring-prometheus.k8s.yaml',
      'monitoring/overlays/dashboards/kustomization.yaml',
      'monitoring/overlays/dashboards/monitoring-grafana.k8s.yaml',
      'monitoring/overlays/servicemonitors/kustomization.yaml',
      'monitoring/overlays/servicemonitors/monitoring-prometheus.k8s.yaml',
      'shop.k8s.yaml',
    ]);
  });

  it('loses no object, and doubles none', () => {
    const flat = synth({ gitOps: GitOps.none(), customResources: true });
    const folders = synth({ gitOps, customResources: true });
    expect(names(allObjects(folders))).toEqual(names(allObjects(flat)));
    expect(new Set(names(allObjects(folders))).size).toBe(allObjects(folders).length);
  });

  it('lists in every kustomization.yaml exactly the files of its folder', () => {
    const outdir = synth({ gitOps });
    for (const folder of ['base', 'overlays/alerting', 'overlays/dashboards', 'overlays/servicemonitors']) {
      const path = join(outdir, 'monitoring', folder);
      const files = readdirSync(path).filter((file) => file !== 'kustomization.yaml');
      expect(kustomization(path).resources).toEqual(files.sort());
    }
  });

  it('is the same in every synthesis', () => {
    const outdir = synth({ gitOps, crds: Crds.release(), customResources: true });
    const first = filesOf(outdir);
    synth({ gitOps, crds: Crds.release(), customResources: true, outdir });
    expect(filesOf(outdir)).toEqual(first);
    expect(filesOf(synth({ gitOps, crds: Crds.release(), customResources: true }))).toEqual(first);
  });

  it('leaves nothing of an earlier synthesis: neither an overlay that became empty nor the other layout', () => {
    const outdir = synth({ gitOps: GitOps.none(), crds: Crds.release() });
    expect(existsSync(join(outdir, 'monitoring-crds/kustomization.yaml'))).toBe(true);
    synth({ gitOps, outdir, customResources: true, crds: Crds.release() });
    expect(existsSync(join(outdir, 'monitoring-crds'))).toBe(false);
    synth({ gitOps, outdir, dashboard: false });
    expect(filesOf(outdir)).toEqual(filesOf(synth({ gitOps, dashboard: false })));
    expect(existsSync(join(outdir, 'monitoring/overlays/dashboards'))).toBe(false);
    expect(existsSync(join(outdir, 'monitoring/crds'))).toBe(false);
    synth({ gitOps: GitOps.none(), outdir });
    expect(filesOf(outdir)).toEqual(filesOf(synth({ gitOps: GitOps.none() })));
    expect(existsSync(join(outdir, 'monitoring'))).toBe(false);
  });

  it('is what kubectl kustomize reads: each folder alone, and all objects together', (context) => {
    const kubectl = tool('kubectl', context);
    const outdir = join(synth({ gitOps, customResources: true }), 'monitoring');
    const build = (folder: string) =>
      objectsIn(execFileSync(kubectl, ['kustomize', join(outdir, folder)], { encoding: 'utf8' }));
    const folders = ['base', 'overlays/alerting', 'overlays/dashboards', 'overlays/servicemonitors'];
    const each = folders.flatMap(build);
    expect(names(each)).toEqual(names(allObjects(outdir)));
    expect(name === 'flux' ? build('flux').length : names(build('.'))).toEqual(name === 'flux' ? 4 : names(each));
  });
});

it('sorts objects by what they are', () => {
  const outdir = join(synth({ gitOps: GitOps.kustomize(), customResources: true }), 'monitoring/overlays');
  expect(names(allObjects(join(outdir, 'alerting')))).toEqual(['ConfigMap prometheus-rules', 'PrometheusRule a']);
  expect(names(allObjects(join(outdir, 'dashboards')))).toEqual(['ConfigMap grafana-dashboard-gpus']);
  expect(names(allObjects(join(outdir, 'servicemonitors')))).toEqual([
    'ConfigMap prometheus-scrape-configs',
    'PodMonitor a',
    'Probe a',
    'ScrapeConfig a',
    'ServiceMonitor a',
  ]);
});

it('lets pods start without what is in an overlay', () => {
  interface Pod {
    readonly volumes: readonly {
      readonly projected?: { readonly sources: readonly { configMap?: { name: string; optional?: boolean } }[] };
      readonly configMap?: { readonly name: string };
    }[];
  }
  const outdir = join(synth({ gitOps: GitOps.kustomize() }), 'monitoring');
  const late = names(allObjects(join(outdir, 'overlays'))).map((name) => name.replace('ConfigMap ', ''));
  const references = allObjects(join(outdir, 'base'))
    .flatMap(({ spec }) => (spec?.template as { spec: Pod } | undefined)?.spec.volumes ?? [])
    .flatMap(({ configMap, projected }) => [configMap, ...(projected?.sources ?? []).map((source) => source.configMap)])
    .flatMap((configMap) => configMap ?? []);
  const mounted = references.filter(({ name }) => late.includes(name));
  expect(mounted.map(({ name }) => name).sort()).toEqual(late);
  expect(mounted).toEqual(mounted.map(({ name }) => ({ name, optional: true })));
});

it('removes only its own files', () => {
  const outdir = makeOutdir();
  const own = join(outdir, 'monitoring/overlays/dashboards');
  synth({ gitOps: GitOps.kustomize(), outdir });
  writeFileSync(join(own, 'mine.yaml'), 'mine');
  const theirs = join(outdir, 'monitoring-crds');
  mkdirSync(theirs);
  writeFileSync(join(theirs, 'kustomization.yaml'), 'resources: [theirs.yaml]\n');
  writeFileSync(join(theirs, 'theirs.yaml'), 'theirs');
  synth({ gitOps: GitOps.kustomize(), outdir, dashboard: false });
  expect(readdirSync(own)).toEqual(['mine.yaml']);
  expect(readdirSync(theirs)).toEqual(['kustomization.yaml', 'theirs.yaml']);
});

it('keeps its folders in every way in which cdk8s divides the output', () => {
  const { app, outdir } = makeStack({ gitOps: GitOps.kustomize() });
  Object.assign(app, { yamlOutputType: YamlOutputType.FILE_PER_APP });
  app.synth();
  expect(names(objectsIn(filesOf(outdir)['app.k8s.yaml'] ?? ''))).toEqual(['Service shop']);
  expect(filesOf(join(outdir, 'monitoring'))).toEqual(
    filesOf(join(synth({ gitOps: GitOps.kustomize() }), 'monitoring')),
  );
  expect(app.charts).toHaveLength(5);
});
