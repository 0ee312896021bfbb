import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Backend, type ExistingOperatorOptions } from '../lib/backend';
import { ClusterProfile } from '../lib/core/cluster-profile';
import { Receiver } from '../lib/model/alerting/receiver';
import { Routing } from '../lib/model/alerting/routing';
import { SecretKey } from '../lib/model/references';
import { MonitoringStack, type MonitoringStackProps } from '../lib/monitoring-stack';
import type { IPrometheus } from '../lib/prometheus/prometheus';
import { AmdExporter } from '../lib/targets/gpu/amd-exporter';
import { Gpu } from '../lib/targets/gpu/gpu';
import type { TestObject } from './objects';

type Addition = Omit<MonitoringStackProps<IPrometheus>, 'cluster' | 'backend' | 'alerting'>;

/** What is added to a release: the objects of all charts, by `Kind namespace/name`; everything is checked. */
function added(options: Partial<ExistingOperatorOptions> = {}, props: Addition = {}): ReadonlyMap<string, TestObject> {
  const app = Testing.app();
  const chat = Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), channel: '#chat' });
  const stack = new MonitoringStack(app, 'stack', {
    cluster: ClusterProfile.kubeadm('a', { kubeletTls: { insecureSkipVerify: true } }),
    ...props,
    backend: Backend.existingOperator({ release: 'kps', matcherStrategy: 'None', ...options }),
    alerting: Routing.to(chat),
  });
  stack.monitor({ name: 'etl', dashboards: [{ uid: 'etl', title: 'ETL', model: { panels: [] } }] });
  app.synth();
  const objects = app.charts.flatMap((chart) => chart.toJson() as TestObject[]);
  return new Map(
    objects.map((object) => [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object]),
  );
}

describe('an addition to an operator that exists', () => {
  const namesOf = (options: Partial<ExistingOperatorOptions>) =>
    [...added(options).keys()].filter((key) => /^(AlertmanagerConfig|ConfigMap) /.test(key));

  it('has a name of its own for every object, so that several can lie in one namespace', () => {
    expect(namesOf({})).toEqual([
      'AlertmanagerConfig monitoring/gpu-monitoring-alertmanager-config',
      'ConfigMap monitoring/gpu-monitoring-dashboard-etl',
    ]);
    expect(namesOf({ namePrefix: 'team-a-' })).toEqual([
      'AlertmanagerConfig monitoring/team-a-alertmanager-config',
      'ConfigMap monitoring/team-a-dashboard-etl',
    ]);
    expect(namesOf({ namePrefix: '' })).toEqual([
      'AlertmanagerConfig monitoring/alertmanager-config',
      'ConfigMap monitoring/gpu-monitoring-dashboard-etl',
    ]);
    expect(namesOf({ namePrefix: 'team-a-', dashboards: { name: 'shown' } })).toContain(
      'ConfigMap monitoring/shown-dashboard-etl',
    );
  });

  describe("with AMD's exporter", () => {
    const gpus = [Gpu.amd({ exporter: AmdExporter.deviceConfig() })];
    const monitorOf = (objects: ReadonlyMap<string, TestObject>) =>
      objects.get('DeviceConfig kube-amd-gpu/gpu-operator')?.spec.metricsExporter;
    const OURS = 'ServiceMonitor monitoring/gpu-monitoring-amd-device-metrics-exporter';

    it('lets the ServiceAccount that is named find what AMD’s monitor selects', () => {
      const objects = added({ serviceAccountName: 'kps' }, { gpus });
      expect(monitorOf(objects)).toMatchObject({ prometheus: { serviceMonitor: { enable: true } } });
      expect(objects.get('RoleBinding kube-amd-gpu/monitoring-gpu-monitoring-prometheus')).toMatchObject({
        subjects: [{ name: 'kps', namespace: 'monitoring' }],
      });
      expect(objects.has(OURS)).toBe(false);
    });

    it('scrapes the Service by a monitor of ours where the Prometheus does not look', () => {
      const objects = added({ monitorNamespaces: ['monitoring'], serviceAccountName: 'kps' }, { gpus });
      expect(monitorOf(objects)).toMatchObject({ prometheus: { serviceMonitor: { enable: false } } });
      expect(objects.get(OURS)?.spec).toMatchObject({ namespaceSelector: { matchNames: ['kube-amd-gpu'] } });
      expect(objects.has('Role kube-amd-gpu/monitoring-gpu-monitoring-prometheus')).toBe(true);
    });

    it('refuses a monitor that was asked for where the Prometheus does not look', () => {
      const asked = [Gpu.amd({ exporter: AmdExporter.deviceConfig({ serviceMonitor: true }) })];
      expect(() => added({ monitorNamespaces: ['monitoring'] }, { gpus: asked })).toThrow(
        'gpus[0]/exporter  serviceMonitor\n    This Prometheus looks for no monitors in kube-amd-gpu (monitorNamespaces), so ' +
          'nothing would be scraped. Leave it out: the Service is scraped.',
      );
      expect(added({ monitorNamespaces: ['monitoring', 'kube-amd-gpu'] }, { gpus: asked }).has(OURS)).toBe(false);
    });
  });

  it('has Kubernetes monitored by a scrape class of the release, and not without', () => {
    expect(() => added({}, { kubernetes: {} })).toThrow('name a scrapeClass that it has');
    const objects = added({}, { kubernetes: { scrapeClass: 'service-account' } });
    expect(objects.get('ScrapeConfig monitoring/gpu-monitoring-kubelet')?.spec).toMatchObject({
      scrapeClass: 'service-account',
      tlsConfig: { insecureSkipVerify: true },
    });
    const apiServer = objects.get('ServiceMonitor monitoring/gpu-monitoring-apiserver')?.spec;
    expect(apiServer).toMatchObject({
      scrapeClass: 'service-account',
      endpoints: [{ tlsConfig: { serverName: 'kubernetes' } }],
    });
    expect(JSON.stringify([...objects.values()])).not.toContain('/var/run/secrets');
  });
});
