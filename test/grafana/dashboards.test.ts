import { describe, expect, it } from 'vitest';
import type { Grafana } from '../../lib/grafana/grafana';
import { problemsOf, Synthesized } from './synthesized';

const gpu = { uid: 'gpu', title: 'GPU', model: { id: 7, schemaVersion: 42, panels: [] } };

describe('dashboards', () => {
  it('are a ConfigMap each, mounted in a volume of their folder', () => {
    const synthesized = new Synthesized({ dashboards: [gpu] }, (grafana) => {
      grafana.addDashboard({ uid: 'Node_1', title: 'Node', model: {} }, 'Nodes & GPUs');
      expect(grafana.dashboardConfigMaps).toHaveLength(2);
    });
    expect(synthesized.get('ConfigMap', 'grafana-dashboard-gpu').data['gpu.json']).toBe(
      '{\n  "uid": "gpu",\n  "title": "GPU",\n  "schemaVersion": 42,\n  "panels": []\n}\n',
    );
    expect(Object.keys(synthesized.get('ConfigMap', 'grafana-dashboard-node-1').data)).toEqual(['Node_1.json']);
    expect(synthesized.pod.volumes.filter(({ name }) => name.startsWith('dashboards-'))).toEqual([
      {
        name: 'dashboards-general',
        projected: { sources: [{ configMap: { name: 'grafana-dashboard-gpu', optional: true } }] },
      },
      {
        name: 'dashboards-nodes-gpus',
        projected: { sources: [{ configMap: { name: 'grafana-dashboard-node-1', optional: true } }] },
      },
    ]);
    const path = '/var/lib/grafana/dashboards/nodes-gpus';
    expect(synthesized.container.volumeMounts).toEqual(
      expect.arrayContaining([
        { name: 'dashboards-general', mountPath: '/var/lib/grafana/dashboards/general', readOnly: true },
        { name: 'dashboards-nodes-gpus', mountPath: path, readOnly: true },
      ]),
    );
    expect(synthesized.providers).toEqual([
      expect.objectContaining({ folder: '', options: { path: '/var/lib/grafana/dashboards/general' } }),
      {
        name: 'Nodes & GPUs',
        orgId: 1,
        folder: 'Nodes & GPUs',
        folderUid: 'nodes-gpus',
        type: 'file',
        disableDeletion: false,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path },
      },
    ]);
  });

  it('may lie in folders of any script', () => {
    const [provider] = new Synthesized({}, (grafana) => grafana.addDashboard(gpu, '监控')).providers;
    expect(provider).toMatchObject({ folder: '监控', folderUid: expect.stringMatching(/^[0-9a-f]{8}$/) });
  });

  it('make the first page', () => {
    expect(new Synthesized({ dashboards: [gpu], homeDashboard: 'gpu' }).section('dashboards')).toEqual([
      'default_home_dashboard_path = /var/lib/grafana/dashboards/general/gpu.json',
    ]);
    expect(problemsOf({ dashboards: [gpu], homeDashboard: 'gqu' })).toEqual([
      'chart/grafana homeDashboard: No dashboard has the uid "gqu". Allowed: gpu. Did you mean "gpu"?',
    ]);
  });

  it('may be added once more', () => {
    const twice = (grafana: Grafana) => grafana.addDashboard(gpu);
    expect(problemsOf({ dashboards: [gpu] }, twice)).toEqual([]);
    expect(new Synthesized({ dashboards: [gpu] }, twice).all('ConfigMap')).toHaveLength(2);
  });

  it('need uids of their own, and titles within a folder', () => {
    expect(problemsOf({ dashboards: [gpu, { uid: 'gpu', title: 'Other', model: {} }] })).toEqual([
      'chart/grafana/dashboards/gpu uid: "GPU" (gpu) and "Other" (gpu) need different uids; case and punctuation do not count.',
    ]);
    const twin = { uid: 'gpu-2', title: 'gpu', model: {} };
    expect(problemsOf({ dashboards: [gpu, twin] })).toEqual([
      'chart/grafana/dashboards/gpu-2 title: "gpu" is also the title of gpu in no folder.',
    ]);
    expect(problemsOf({ dashboards: [gpu] }, (grafana) => grafana.addDashboard(twin, 'Other'))).toEqual([]);
    const near = (grafana: Grafana) => {
      grafana.addDashboard(gpu, 'My GPUs');
      grafana.addDashboard(twin, 'my-gpus');
    };
    expect(problemsOf({}, near)).toEqual([
      'chart/grafana/dashboards/gpu-2 folder: "my-gpus" is too much like "My GPUs": their files would lie in one place. Rename one.',
    ]);
  });

  it('are checked, and so is their folder', () => {
    const bad = { uid: 'a b', title: ' ', model: {} };
    expect(problemsOf({}, (grafana) => grafana.addDashboard(bad, 'a/b'))).toEqual([
      'chart/grafana/dashboards/a b uid: "a b" received. Allowed: 1 to 40 letters, digits, - and _.',
      'chart/grafana/dashboards/a b title: It is empty; Grafana refuses a dashboard without a title.',
      'chart/grafana/dashboards/a b folder: "a/b" received. Allowed: a title without /, not General; none for no folder.',
    ]);
  });

  it('fit into an object', () => {
    const sized = (bytes: number) => ({ uid: 'big', title: 'Big', model: { text: 'x'.repeat(bytes) } });
    const serverSide = { annotations: { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true' } };
    expect(problemsOf({ dashboards: [sized(200 * 1024)] })).toEqual([]);
    expect(problemsOf({ dashboards: [sized(300 * 1024)] })).toEqual([
      expect.stringMatching(/Dashboards\/big data: .* a client-side apply takes at most 262144\./),
    ]);
    expect(problemsOf({ dashboards: [sized(300 * 1024)], ...serverSide })).toEqual([]);
    expect(problemsOf({ dashboards: [sized(1024 * 1024)], ...serverSide })).toEqual([
      expect.stringMatching(/Dashboards\/big data: .* Kubernetes takes at most 1048576\./),
    ]);
  });
});
