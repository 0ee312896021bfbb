import { join } from 'node:path';
import { ApiObject } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Crds } from '../../../lib/core/crds';
import type { ArgoCdOptions } from '../../../lib/core/gitops/argo-cd';
import { GitOps } from '../../../lib/core/gitops/gitops';
import { allObjects, kustomization, makeStack } from './stack';

const WAVE = 'argocd.argoproj.io/sync-wave';
const OPTIONS = 'argocd.argoproj.io/sync-options';

function annotations(options: ArgoCdOptions = {}, more?: (stack: ReturnType<typeof makeStack>) => void) {
  const stack = makeStack({ gitOps: GitOps.argoCd(options), crds: Crds.release(), customResources: true });
  more?.(stack);
  stack.app.synth();
  const objects = allObjects(join(stack.outdir, 'monitoring'));
  const of = (key: string) => {
    const object = objects.find(({ kind, metadata }) => `${kind} ${metadata.name}` === key);
    if (object === undefined) {
      throw new Error(`there is no ${key}`);
    }
    return object.metadata.annotations ?? {};
  };
  return { ...stack, of };
}

it('brings what others need first, and last what may come at any time', () => {
  const { of } = annotations();
  const waves: Readonly<Record<string, string | undefined>> = {
    'Namespace monitoring': '-2',
    'ServiceAccount prometheus': '-2',
    'Role prometheus': '-2',
    'ConfigMap prometheus-config': '-2',
    'NetworkPolicy prometheus': '-2',
    'Deployment prometheus-operator': '-1',
    'StatefulSet prometheus': undefined,
    'Service prometheus': undefined,
    'PersistentVolumeClaim grafana': undefined,
    'Prometheus a': undefined,
    'PrometheusRule a': '1',
    'ServiceMonitor a': '1',
    'ConfigMap prometheus-rules': '1',
    'ConfigMap grafana-dashboard-gpus': '1',
    'ConfigMap prometheus-scrape-configs': '1',
  };
  expect(Object.fromEntries(Object.keys(waves).map((key) => [key, of(key)[WAVE]]))).toEqual(waves);
});

it('lets nothing wait for what may stay unhealthy: a DaemonSet while a node is down, an address that nobody gives', () => {
  const { of } = annotations({}, ({ charts: [chart] }) => {
    for (const kind of ['Ingress', 'HTTPRoute']) {
      new ApiObject(chart as NonNullable<typeof chart>, kind, { apiVersion: 'x/v1', kind, metadata: { name: 'a' } });
    }
    new ApiObject(chart as NonNullable<typeof chart>, 'Service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'outside' },
      spec: { type: 'LoadBalancer' },
    });
  });
  for (const key of ['DaemonSet node-exporter', 'Ingress a', 'HTTPRoute a', 'Service outside']) {
    expect([key, of(key)[WAVE]]).toEqual([key, '1']);
  }
});

it('says what an object needs, and never to replace it', () => {
  const { of, outdir } = annotations();
  expect(of('Namespace monitoring')[OPTIONS]).toBe('Prune=false');
  expect(of('PersistentVolumeClaim grafana')).toEqual({ [OPTIONS]: 'Prune=false' });
  expect(of('ServiceMonitor a')[OPTIONS]).toBe('SkipDryRunOnMissingResource=true');
  expect(of('StatefulSet prometheus')).toEqual({});
  expect(kustomization(join(outdir, 'monitoring/crds')).commonAnnotations).toEqual({
    [OPTIONS]: 'ServerSideApply=true,Prune=false,Delete=false',
    [WAVE]: '-3',
  });
});

it('applies server-side what is too large for the annotation of a client-side apply', () => {
  const { of } = annotations({}, ({ charts: [chart] }) => {
    for (const [name, size] of Object.entries({ small: 200, large: 300 })) {
      new ApiObject(chart as NonNullable<typeof chart>, name, {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name },
        spec: { text: 'x'.repeat(size * 1024) },
      });
    }
  });
  expect(of('PrometheusRule small')[OPTIONS]).toBe('SkipDryRunOnMissingResource=true');
  expect(of('PrometheusRule large')[OPTIONS]).toBe('ServerSideApply=true,SkipDryRunOnMissingResource=true');
});

it('keeps what an object says itself', () => {
  const { of } = annotations({}, ({ charts: [chart] }) => {
    new ApiObject(chart as NonNullable<typeof chart>, 'own', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'own', annotations: { [WAVE]: '-9', [OPTIONS]: 'Validate=false, Prune=true', zone: 'a' } },
    });
    new ApiObject(chart as NonNullable<typeof chart>, 'more', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'more', annotations: { [OPTIONS]: 'Validate=false' } },
    });
  });
  expect(of('Namespace own')).toEqual({ [WAVE]: '-9', [OPTIONS]: 'Validate=false, Prune=true', zone: 'a' });
  expect(of('Namespace more')).toEqual({ [WAVE]: '-2', [OPTIONS]: 'Validate=false,Prune=false' });
});

describe('waveOffset', () => {
  it('moves every wave', () => {
    const { of, outdir } = annotations({ waveOffset: 10 });
    const keys = ['Namespace monitoring', 'StatefulSet prometheus', 'PrometheusRule a'];
    expect(keys.map((key) => of(key)[WAVE])).toEqual(['8', '10', '11']);
    expect(kustomization(join(outdir, 'monitoring/crds')).commonAnnotations?.[WAVE]).toBe('7');
  });

  it('is a whole number', () => {
    expect(() => annotations({ waveOffset: 0.5 })).toThrow(
      'monitoring/gitops  waveOffset\n    0.5 received. Allowed: a whole number, such as 10 or -10.',
    );
  });
});

it('annotates nothing outside of the stack', () => {
  const { outdir } = annotations();
  expect(allObjects(outdir).find(({ metadata }) => metadata.name === 'shop')?.metadata.annotations).toBeUndefined();
});
