import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Crds } from '../../../lib/core/crds';
import type { FluxOptions } from '../../../lib/core/gitops/flux';
import { GitOps } from '../../../lib/core/gitops/gitops';
import { allObjects, kustomization, makeStack, objectsIn, type StackOptions } from './stack';

const source: FluxOptions = { path: './manifests', sourceRef: { kind: 'GitRepository', name: 'platform' } };

function synth(options: Partial<FluxOptions> = {}, stack: Partial<StackOptions> = { crds: Crds.release() }) {
  const { app, outdir } = makeStack({ gitOps: GitOps.flux({ ...source, ...options }), ...stack });
  app.synth();
  const folder = join(outdir, 'monitoring/flux');
  const all = objectsIn(readFileSync(join(folder, 'kustomizations.yaml'), 'utf8'));
  return { outdir, folder, all, spec: (name: string) => all.find(({ metadata }) => metadata.name === name)?.spec };
}

it('makes a Kustomization per folder, each after what it needs', () => {
  const { all, folder } = synth();
  expect(all.map(({ metadata, spec: { dependsOn, path } }) => [metadata.name, path, dependsOn])).toEqual([
    ['monitoring-crds', './manifests/monitoring/crds', undefined],
    ['monitoring-base', './manifests/monitoring/base', [{ name: 'monitoring-crds' }]],
    ...['alerting', 'dashboards', 'servicemonitors'].map((overlay) => [
      `monitoring-${overlay}`,
      `./manifests/monitoring/overlays/${overlay}`,
      [{ name: 'monitoring-crds' }, { name: 'monitoring-base' }],
    ]),
  ]);
  expect(kustomization(folder).resources).toEqual(['kustomizations.yaml']);
});

it('depends on no folder that is not there', () => {
  const { all } = synth({}, { dashboard: false });
  expect(all.map(({ metadata, spec: { dependsOn } }) => [metadata.name, dependsOn])).toEqual([
    ['monitoring-base', undefined],
    ['monitoring-alerting', [{ name: 'monitoring-base' }]],
    ['monitoring-servicemonitors', [{ name: 'monitoring-base' }]],
  ]);
});

it('waits for all of a folder, but in the base for the servers, as a DaemonSet waits for every node', () => {
  const { spec } = synth();
  expect(spec('monitoring-alerting')).toEqual({
    dependsOn: [{ name: 'monitoring-crds' }, { name: 'monitoring-base' }],
    interval: '10m',
    path: './manifests/monitoring/overlays/alerting',
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'platform' },
    timeout: '5m',
    wait: true,
  });
  expect(spec('monitoring-base')?.wait).toBeUndefined();
  expect(spec('monitoring-base')?.healthChecks).toEqual([
    { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'prometheus', namespace: 'monitoring' },
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'grafana', namespace: 'monitoring' },
  ]);
});

it('deletes neither CRDs nor what takes data with it', () => {
  const { spec, outdir } = synth();
  expect(spec('monitoring-crds')).toMatchObject({ prune: false, wait: true });
  const kept = allObjects(outdir).filter(
    ({ metadata }) => metadata.annotations?.['kustomize.toolkit.fluxcd.io/prune'] === 'disabled',
  );
  expect(kept.map(({ kind }) => kind)).toEqual(['PersistentVolumeClaim', 'Namespace']);
});

it('passes every option on', () => {
  const options: Required<FluxOptions> = {
    path: 'clusters/training-1/',
    sourceRef: { kind: 'OCIRepository', name: 'stack', namespace: 'sources' },
    interval: '1h',
    timeout: '90s',
    namespace: 'team',
    serviceAccountName: 'applier',
  };
  const { all } = synth(options);
  expect(all).toHaveLength(5);
  for (const { metadata, spec } of all) {
    expect(metadata.namespace).toBe('team');
    expect(spec).toMatchObject({
      path: expect.stringMatching(/^\.\/clusters\/training-1\/monitoring\/[a-z]/),
      sourceRef: { kind: 'OCIRepository', name: 'stack', namespace: 'sources' },
      interval: '1h',
      timeout: '90s',
      serviceAccountName: 'applier',
    });
  }
});

describe('refuses', () => {
  it.each([
    [
      { path: '/manifests' },
      'path\n    "/manifests" received. Allowed: a path below the root of the source, such as ./manifests.',
    ],
    [{ path: '../manifests' }, 'path\n    "../manifests" received.'],
    [
      { sourceRef: { kind: 'Git', name: 'platform' } as unknown as FluxOptions['sourceRef'] },
      'sourceRef\n    {"kind":"Git","name":"platform"} received. Allowed: a kind of GitRepository, OCIRepository, Bucket, and its name.',
    ],
    [{ sourceRef: undefined }, 'sourceRef\n    undefined received.'],
    [{ interval: '1d' }, 'interval\n    "1d" received. Allowed: a duration of Go, in h, m, s and ms: 10m or 1h30m.'],
    [{ timeout: '' }, 'timeout\n    "" received.'],
  ] as const)('%j', (options, message) => {
    expect(() => synth(options as Partial<FluxOptions>)).toThrow(`monitoring/gitops  ${message}`);
  });
});
