import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lock } from '../../lib/core/lock-file';

interface Content {
  readonly objects?: readonly Readonly<Record<string, unknown>>[];
  readonly alerts?: readonly string[];
  /** @default training-1/monitoring */
  readonly name?: string;
}

let scratch = '';
let path = '';
let stderr = '';

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(scratch, 'monitoring.lock.json');
  stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function synth({ objects = [], alerts = [], name = 'training-1/monitoring' }: Content): void {
  const app = new App({ outdir: join(scratch, 'out') });
  const chart = new Chart(app, 'monitoring');
  for (const object of objects) {
    const { apiVersion = 'v1', kind, metadata, ...fields } = object;
    const id = `${kind}-${(metadata as { name: string }).name}`;
    new ApiObject(chart, id, { apiVersion: String(apiVersion), kind: String(kind), metadata, ...fields } as never);
  }
  const others = new Chart(app, 'shop');
  new ApiObject(others, 'other', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  lock(chart, { path, name, charts: () => [chart], alerts: () => alerts });
  app.synth();
}

function record(content: Content): void {
  vi.stubEnv('CDK8S_GPU_MONITORING_LOCK', 'write');
  synth(content);
  vi.unstubAllEnvs();
}

const metadata = { name: 'prometheus', namespace: 'monitoring' };
const selector = { matchLabels: { app: 'prometheus' } };
const claim = { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1Gi' } } } };
const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata,
  spec: {
    replicas: 1,
    selector,
    serviceName: 'prometheus-headless',
    podManagementPolicy: 'Parallel',
    volumeClaimTemplates: [claim],
  },
};

function changed(spec: Record<string, unknown>) {
  return { ...statefulSet, spec: { ...statefulSet.spec, ...spec } };
}

describe('CDK8S_GPU_MONITORING_LOCK=write', () => {
  it('records fields that cannot change, and alerts, sorted', () => {
    const configMap = { kind: 'ConfigMap', metadata, data: { a: 'b' } };
    const service = { kind: 'Service', metadata, spec: { clusterIP: 'None', ports: [] } };
    record({ objects: [statefulSet, configMap, service], alerts: ['Watchdog', 'GpuLost', 'Watchdog'] });
    expect(readFileSync(path, 'utf8')).toBe(
      `${JSON.stringify(
        {
          'training-1/monitoring': {
            alerts: ['GpuLost', 'Watchdog'],
            objects: {
              'Service monitoring/prometheus': { 'spec.clusterIP': 'None' },
              'StatefulSet monitoring/prometheus': {
                'spec.podManagementPolicy': 'Parallel',
                'spec.selector': selector,
                'spec.serviceName': 'prometheus-headless',
                'spec.volumeClaimTemplates': [claim],
              },
            },
          },
        },
        undefined,
        2,
      )}\n`,
    );
    expect(stderr).toBe('');
  });

  it('writes the same bytes again, whatever the order of objects', () => {
    const service = { kind: 'Service', metadata, spec: { clusterIP: 'None' } };
    record({ objects: [statefulSet, service], alerts: ['A', 'B'] });
    const first = readFileSync(path, 'utf8');
    record({ objects: [service, statefulSet], alerts: ['B', 'A'] });
    expect(readFileSync(path, 'utf8')).toBe(first);
  });

  it('keeps what is recorded of other stacks', () => {
    record({ name: 'a/monitoring', alerts: ['A'] });
    record({ name: 'b/monitoring', alerts: ['B'] });
    record({ name: 'b/monitoring', alerts: ['C'] });
    const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { alerts: string[] }>;
    expect(Object.entries(file).map(([name, { alerts }]) => [name, alerts])).toEqual([
      ['a/monitoring', ['A']],
      ['b/monitoring', ['C']],
    ]);
    expect(() => synth({ name: 'a/monitoring', alerts: ['A'] })).not.toThrow();
  });

  it('records what is refused otherwise', () => {
    record({ objects: [statefulSet], alerts: ['A'] });
    record({ objects: [changed({ serviceName: 'other' })] });
    expect(() => synth({ objects: [changed({ serviceName: 'other' })] })).not.toThrow();
  });

  it('makes the folder of the file', () => {
    path = join(scratch, 'locks/prod/monitoring.lock.json');
    record({ alerts: ['A'] });
    expect(existsSync(path)).toBe(true);
  });
});

describe('a synthesis', () => {
  it('accepts what is new, and what may change', () => {
    record({ objects: [statefulSet], alerts: ['A'] });
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector } };
    synth({ objects: [changed({ replicas: 3 }), deployment], alerts: ['A', 'B'] });
    expect(stderr).toBe('');
    expect(readFileSync(path, 'utf8')).not.toContain('Deployment');
  });

  it.each([
    ['StatefulSet', 'spec.selector', { matchLabels: { app: 'other' } }],
    ['StatefulSet', 'spec.serviceName', 'other'],
    ['StatefulSet', 'spec.podManagementPolicy', 'OrderedReady'],
    ['StatefulSet', 'spec.volumeClaimTemplates', [{ metadata: { name: 'other' } }]],
    ['StatefulSet', 'spec.volumeClaimTemplates', undefined],
    ['Deployment', 'spec.selector', { matchLabels: { app: 'other' } }],
    ['DaemonSet', 'spec.selector', { matchLabels: { app: 'other' } }],
    ['Service', 'spec.clusterIP', 'None'],
    ['RoleBinding', 'roleRef', { name: 'other' }],
    ['ClusterRoleBinding', 'roleRef', { name: 'other' }],
    ['Job', 'spec.template', { spec: {} }],
    ['PersistentVolumeClaim', 'spec.storageClassName', 'fast'],
    ['Prometheus', 'spec.storage', { emptyDir: {} }],
    ['PrometheusAgent', 'spec.storage', { emptyDir: {} }],
    ['Alertmanager', 'spec.storage', { emptyDir: {} }],
    ['ThanosRuler', 'spec.storage', { emptyDir: {} }],
  ])('refuses another %s %s: %j', (kind, field, value) => {
    const before = { ...statefulSet, kind, roleRef: { name: 'prometheus' } };
    record({ objects: [before] });
    const after =
      field === 'roleRef' ? { ...before, roleRef: value } : { ...changed({ [field.slice(5)]: value }), kind };
    expect(() => synth({ objects: [after] })).toThrow(
      `  monitoring  ${field}\n    ${kind} monitoring/prometheus (monitoring/${kind}-prometheus) has ${JSON.stringify(value ?? null)}, and `,
    );
  });

  it('says what was, what is, and the way out', () => {
    record({ objects: [statefulSet] });
    expect(() => synth({ objects: [changed({ serviceName: 'other' })] })).toThrow(
      `StatefulSet monitoring/prometheus (monitoring/StatefulSet-prometheus) has "other", and "prometheus-headless" in ${path}. ` +
        'Kubernetes does not let this field of an existing object change. Undo it; or delete the object when this is ' +
        'applied, and run npm run lock (which sets CDK8S_GPU_MONITORING_LOCK=write for the synthesis).',
    );
  });

  it.each([
    ['Prometheus', 'spec.storage'],
    ['PrometheusAgent', 'spec.storage'],
    ['Alertmanager', 'spec.storage'],
    ['ThanosRuler', 'spec.storage'],
  ])('says of the storage of a %s what the operator would do', (kind, field) => {
    const server = { apiVersion: 'monitoring.coreos.com/v1', kind, metadata, spec: { storage: { emptyDir: {} } } };
    record({ objects: [server] });
    const after = { ...server, spec: { storage: { volumeClaimTemplate: {} } } };
    expect(() => synth({ objects: [after] })).toThrow(
      `${field}\n    ${kind} monitoring/prometheus (monitoring/${kind}-prometheus) has {"volumeClaimTemplate":{}}, and ` +
        `{"emptyDir":{}} in ${path}. Kubernetes lets this field change, and the operator then deletes the StatefulSet and ` +
        'makes it anew; but volume claims that exist stay as they are, and those that nothing asks for any more are left ' +
        'behind with their data. Undo it; or enlarge or move the claims by hand when this is applied, without deleting the ' +
        'object, and run npm run lock (which sets CDK8S_GPU_MONITORING_LOCK=write for the synthesis).',
    );
  });

  it('refuses to lose an object with data, and guesses another name of it', () => {
    record({ objects: [statefulSet, { kind: 'Service', metadata, spec: {} }] });
    const renamed = { ...statefulSet, metadata: { ...metadata, name: 'prometheus-a' } };
    expect(() => synth({ objects: [renamed] })).toThrow(
      `1 problem\n\n  monitoring  lockFile\n    StatefulSet monitoring/prometheus is in ${path}, and is made no longer; its data would be lost, ` +
        'or lie unused. Did you mean "StatefulSet monitoring/prometheus-a"? Bring it back; or see to its data, and run npm run lock',
    );
  });

  it('refuses to lose alerts, all in one problem', () => {
    record({ alerts: ['GpuLost', 'GpuHot', 'Watchdog'] });
    expect(() => synth({ alerts: ['Watchdog'] })).toThrow(
      `1 problem\n\n  monitoring  lockFile\n    GpuHot, GpuLost: in ${path}, and no alert of this stack any more, so nobody would be ` +
        'told of it. Bring back what was there; or run npm run lock',
    );
    expect(() => synth({ alerts: ['GpuLosst', 'GpuHot', 'Watchdog'] })).toThrow('Did you mean "GpuLosst"?');
  });

  it('ignores objects of other charts', () => {
    record({});
    expect(readFileSync(path, 'utf8')).not.toContain('shop');
  });

  it('warns where nothing is recorded', () => {
    synth({});
    expect(stderr).toBe(
      `warning: monitoring: ${path} does not exist, so no change of selectors, claims and alerts is noticed. To make it: ` +
        'npm run lock (which sets CDK8S_GPU_MONITORING_LOCK=write for the synthesis).\n',
    );
    stderr = '';
    record({ name: 'other/monitoring' });
    synth({});
    expect(stderr).toContain(
      `warning: monitoring: ${path} says nothing of training-1/monitoring. To record it: npm run`,
    );
  });

  it.each([
    [
      '{',
      /lockFile\n {4}\S+ cannot be read: .*JSON.*\. Restore it from version control, or delete it and run npm run lock/,
    ],
    [
      '{"a": {}}',
      /lockFile\n {4}\S+ is no lock file\. Restore it from version control, or delete it and run npm run lock/,
    ],
  ])('refuses a file of %j', (content, message) => {
    writeFileSync(path, content);
    expect(() => synth({})).toThrow(message);
    vi.stubEnv('CDK8S_GPU_MONITORING_LOCK', 'write');
    expect(() => synth({})).toThrow(message);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('refuses another value of the variable', () => {
    vi.stubEnv('CDK8S_GPU_MONITORING_LOCK', '1');
    expect(() => synth({})).toThrow('The variable CDK8S_GPU_MONITORING_LOCK is "1". Allowed: write, or not set.');
  });
});
