import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { type AccessRule, mergeAccess, ScopedAccess } from '../../lib/core/rbac';
import { metadataOf } from '../../lib/core/workload';

const pods = { resources: ['pods'], verbs: ['list', 'watch'] };

describe('mergeAccess', () => {
  it('gathers resources of the same group and verbs', () => {
    const merged = mergeAccess([
      { namespaces: ['a'], rules: [pods, { resources: ['services'], verbs: ['watch', 'list'] }] },
      { namespaces: ['a', 'b'], rules: [pods] },
    ]);
    expect([...merged]).toEqual([
      ['a', [{ apiGroups: [''], resources: ['pods', 'services'], verbs: ['list', 'watch'] }]],
      ['b', [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]],
    ]);
  });

  it('grants nothing twice: what holds in the cluster needs no Role', () => {
    const merged = mergeAccess([
      { namespaces: ['a'], rules: [pods] },
      { namespaces: 'cluster', rules: [pods, { nonResourceUrls: ['/metrics'], verbs: ['get'] }] },
    ]);
    expect([...merged]).toEqual([
      [
        '*',
        [
          { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
          { nonResourceUrls: ['/metrics'], verbs: ['get'] },
        ],
      ],
    ]);
  });
});

it('shows each object when it is made, and grants what is allowed beside', () => {
  const chart = Testing.chart();
  const access = new ScopedAccess(
    chart,
    'access',
    metadataOf('prometheus', { namespace: 'monitoring' }, chart),
    () => [],
  );
  access.allow({ namespaces: ['shop'], rules: [pods] });
  access.customize((object) => object.metadata.addLabel('audited', 'yes'));
  const [, role, binding] = Testing.synth(chart) as { kind: string; metadata: object }[];
  expect(role).toMatchObject({ kind: 'Role', metadata: { namespace: 'shop', labels: { audited: 'yes' } } });
  expect(binding).toMatchObject({ kind: 'RoleBinding', metadata: { labels: { audited: 'yes' } } });
});

it('says what it covers: derived or allowed, in a namespace or in the cluster', () => {
  const chart = Testing.chart();
  const metadata = metadataOf('prometheus', { namespace: 'monitoring' }, chart);
  const access = new ScopedAccess(chart, 'access', metadata, () => [
    { namespaces: ['a', 'b'], rules: [pods] },
    { namespaces: 'cluster', rules: [{ resources: ['nodes'], verbs: ['list'] }] },
    { namespaces: 'cluster', rules: [{ nonResourceUrls: ['/metrics'], verbs: ['get'] }] },
  ]);
  const covers = (namespaces: readonly string[] | 'cluster', ...rules: readonly AccessRule[]) =>
    access.covers({ namespaces, rules });
  const services = { resources: ['services'], verbs: ['list', 'watch'] };
  expect(covers(['a', 'b'], pods)).toBe(true);
  expect(covers(['a', 'c'], pods)).toBe(false);
  expect(covers('cluster', pods)).toBe(false);
  expect(covers(['c'], { resources: ['nodes'], verbs: ['list'] })).toBe(true);
  expect(covers(['c'], { resources: ['nodes'], verbs: ['list', 'watch'] })).toBe(false);
  expect(covers('cluster', { nonResourceUrls: ['/metrics'], verbs: ['get'] })).toBe(true);
  expect(covers('cluster', { nonResourceUrls: ['/other'], verbs: ['get'] })).toBe(false);
  expect(covers(['a'], pods, services)).toBe(false);
  access.allow({ namespaces: ['a'], rules: [{ resources: ['services'], verbs: ['list'] }] });
  expect(covers(['a'], services)).toBe(false);
  access.allow({ namespaces: 'cluster', rules: [{ resources: ['*'], verbs: ['watch'] }] });
  expect(covers(['a'], pods, services)).toBe(true);
  expect(covers(['a'], { ...services, apiGroups: ['other'] })).toBe(false);
});

it('makes one Role per namespace and a ClusterRole under a name of its own', () => {
  const chart = Testing.chart();
  const metadata = metadataOf('prometheus', { namespace: 'monitoring' }, chart);
  new ScopedAccess(chart, 'access', metadata, () => [
    { namespaces: ['monitoring', 'shop'], rules: [pods] },
    { namespaces: 'cluster', rules: [{ resources: ['nodes'], verbs: ['list'] }] },
  ]);
  const objects = Testing.synth(chart) as { kind: string; metadata: { name: string; namespace?: string } }[];
  expect(objects.map(({ kind, metadata: { name, namespace } }) => `${kind} ${namespace}/${name}`)).toEqual([
    'ServiceAccount monitoring/prometheus',
    'ClusterRole undefined/monitoring-prometheus',
    'ClusterRoleBinding undefined/monitoring-prometheus',
    'Role monitoring/prometheus',
    'RoleBinding monitoring/prometheus',
    'Role shop/monitoring-prometheus',
    'RoleBinding shop/monitoring-prometheus',
  ]);
});
