import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CelRule, celProblems } from './crd-cel';
import { crdProblems, expectValidCustomResources } from './crd-schema';

const monitor = (spec: object, rest: object = {}) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name: 'api', namespace: 'shop', labels: { release: 'kps' } },
  spec: { selector: { matchLabels: { app: 'api' } }, endpoints: [{ port: 'metrics' }], ...spec },
  ...rest,
});

const resource = (apiVersion: string, kind: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'a' },
  spec,
});

const operator = (kind: string, spec: object) => resource('monitoring.coreos.com/v1', kind, spec);
const alpha = (kind: string, spec: object) => resource('monitoring.coreos.com/v1alpha1', kind, spec);

const ephemeral = (metadata: object) => ({
  volumes: [{ name: 'a', ephemeral: { volumeClaimTemplate: { metadata, spec: {} } } }],
});

describe('a custom resource is valid', () => {
  it.each([
    ['with a port by number', monitor({ endpoints: [{ targetPort: 9090, params: { collect: ['a', 'b'] } }] })],
    [
      'with anything below a route',
      alpha('AlertmanagerConfig', { route: { receiver: 'a', routes: [{ any: 1 }, 'b'] } }),
    ],
    ["of AMD's operator", resource('amd.com/v1alpha1', 'DeviceConfig', { metricsExporter: { enable: true } })],
  ])('%s', (_, object) => {
    expect(crdProblems(object)).toEqual([]);
  });
});

describe('a custom resource is refused', () => {
  it.each<[string, object, string | RegExp]>([
    ['for a misspelt field', monitor({ jobLable: 'app' }), /^spec\.jobLable: unknown field; allowed: .*jobLabel/],
    ['for a field beside the spec', monitor({}, { data: {} }), /^data: unknown field/],
    [
      'for the spelling of another kind',
      monitor({ endpoints: [{ port: 'a' }, { enableHTTP2: true }] }),
      /^spec\.endpoints\[1\]\.enableHTTP2: unknown field/,
    ],
    [
      'for metadata that the schema prunes',
      operator('Prometheus', ephemeral({ labels: {} })),
      'spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.labels: unknown field; allowed: nothing',
    ],
    ['for a text as limit', monitor({ sampleLimit: '1' }), 'spec.sampleLimit: "1" is of type string; allowed: integer'],
    [
      'for a scheme that is none',
      monitor({ endpoints: [{ scheme: 'ftp' }] }),
      'spec.endpoints[0].scheme: "ftp" is not in the enum; allowed: http, https, HTTP, HTTPS',
    ],
    ['for an interval with a space', monitor({ endpoints: [{ interval: '1 m' }] }), /interval: "1 m" does not match/],
    ['without a selector', monitor({ selector: undefined }), 'spec: selector is missing'],
    ['without a spec', monitor({}, { spec: undefined }), 'object: spec is missing'],
    [
      'for two groups of one name',
      operator('PrometheusRule', { groups: [{ name: 'a' }, { name: 'a' }] }),
      'spec.groups[1]: ["a"] is there twice, by name',
    ],
    ['without metadata', monitor({}, { metadata: undefined }), 'object: metadata is missing'],
    ['without a name', monitor({}, { metadata: { namespace: 'a' } }), 'metadata: name is missing'],
    ['for a name in capitals', monitor({}, { metadata: { name: 'Api' } }), /^metadata\.name: "Api" does not match/],
    [
      'for a label value with a space',
      monitor({}, { metadata: { name: 'a', labels: { a: 'b c' } } }),
      /^metadata\.labels\.a: "b c" does not match/,
    ],
    [
      'for what a rule in CEL forbids',
      alpha('PrometheusAgent', { mode: 'DaemonSet', replicas: 2 }),
      'spec: replicas cannot be set when mode is DaemonSet',
    ],
    [
      "of NVIDIA's operator that lacks parts",
      resource('nvidia.com/v1', 'ClusterPolicy', {}),
      /^spec: daemonsets is missing$/,
    ],
  ])('%s', (_, object, expected) => {
    const [first, ...rest] = crdProblems(object);
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(rest.every((problem) => /^spec: \w+ is missing$/.test(problem))).toBe(true);
  });

  it.each([
    [
      'of an unknown group',
      resource('example.com/v1', 'Thing', {}),
      /^object: no schema for example\.com\/v1 Thing; .*amd\.com/,
    ],
    [
      'of an unknown kind',
      operator('Promethoos', {}),
      /no schema for .* Promethoos; .*monitoring\.coreos\.com\/v1\/Prometheus,/,
    ],
    [
      'of an unknown version',
      resource('monitoring.coreos.com/v2', 'Prometheus', {}),
      /no schema for .*\/v2 Prometheus;/,
    ],
    ['that is no object', 'Prometheus', /no schema for undefined undefined/],
  ])('%s', (_, object, expected) => {
    expect(crdProblems(object)).toEqual([expect.stringMatching(expected)]);
  });
});

describe('expectValidCustomResources', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, anything: true };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } };
  const route = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'a' } };

  it('counts the custom resources among the objects', () => {
    expect(expectValidCustomResources([service, monitor({}), deployment, monitor({})])).toBe(2);
  });

  it('fails for an invalid one, by its name', () => {
    expect(() => expectValidCustomResources([service, monitor({ sampleLimit: '1' })])).toThrow(
      /ServiceMonitor api: spec\.sampleLimit/,
    );
  });

  it('fails for a group that it has no schema of', () => {
    expect(() => expectValidCustomResources([route])).toThrow(/no schema for gateway\.networking\.k8s\.io/);
  });

  it('passes a group over only where told so', () => {
    expect(expectValidCustomResources([route, monitor({})], ['gateway.networking.k8s.io'])).toBe(1);
  });

  it('fails for what is no object of Kubernetes', () => {
    expect(() => expectValidCustomResources([{ kind: 'List' }])).toThrow('{"kind":"List"} is no Kubernetes object');
  });
});

describe('rules in CEL', () => {
  const topology =
    '!has(self.sharding) || self.sharding.values.size() == 0 || (has(self.shards) ? self.shards : 1) >= self.sharding.values.size()';

  it.each<[string, object, boolean]>([
    ['!has(self.a) || has(self.b)', {}, true],
    ['!has(self.a) || has(self.b)', { a: 1 }, false],
    ['!has(self.a) || has(self.b)', { a: 1, b: 1 }, true],
    ['has(self.a.b)', {}, false],
    ["self.mode != 'DaemonSet'", { mode: 'DaemonSet' }, false],
    ["self.mode == 'a' && self.n > 1", { mode: 'a', n: 2 }, true],
    ['[has(self.a), has(self.b)].filter(x, x).size() <= 1', { a: 1, b: 1 }, false],
    ['[has(self.a), has(self.b)].filter(x, x).size() <= 1', { b: 1 }, true],
    [topology, { sharding: { values: ['a', 'b'] } }, false],
    [topology, { sharding: { values: ['a', 'b'] }, shards: 2 }, true],
  ])('%s: %j is %s', (rule, self, holds) => {
    expect(celProblems([{ rule }], self)).toEqual(holds ? [] : [`breaks the rule ${rule}`]);
  });

  it('are refused where they use more of CEL than is read here', () => {
    expect(() => celProblems([{ rule: "self.a.startsWith('b')" }], {})).toThrow(
      /does not read the CEL of "self\.a\.startsWith/,
    );
  });

  it('are all read where a schema of test/crds has them', () => {
    const rules: CelRule[] = [];
    for (const file of readdirSync(join(__dirname, 'crds'))) {
      JSON.parse(readFileSync(join(__dirname, 'crds', file), 'utf8'), (key, value) => {
        rules.push(...(key === 'x-kubernetes-validations' ? value : []));
        return value;
      });
    }
    expect(rules).not.toEqual([]);
    for (const rule of rules) {
      expect(() => celProblems([rule], { shardingStrategy: {} }), rule.rule).not.toThrow();
    }
  });
});
