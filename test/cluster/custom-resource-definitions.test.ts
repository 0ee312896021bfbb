import { describe, expect, it } from 'vitest';
import { applyGpuOperatorDefinitions, applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { testCluster } from './harness/test-cluster';

describe('the custom resource definitions', () => {
  const cluster = testCluster();

  it('of prometheus-operator are served, and refuse what is wrong', async () => {
    await applyOperatorDefinitions(cluster);
    const monitor = (interval: string) => ({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'definitions', namespace: 'default' },
      spec: { selector: {}, endpoints: [{ port: 'metrics', interval }] },
    });
    await expect(cluster.apply([monitor('often')])).rejects.toThrow('spec.endpoints[0].interval');
    await cluster.apply([monitor('30s')]);
    await cluster.kubectl(['delete', 'servicemonitor', 'definitions', '-n', 'default']);
  });

  it('of the GPU operators are served, and refuse what is wrong', async () => {
    await applyGpuOperatorDefinitions(cluster);
    const deviceConfig = (serviceType: string) => ({
      apiVersion: 'amd.com/v1alpha1',
      kind: 'DeviceConfig',
      metadata: { name: 'definitions', namespace: 'default' },
      spec: { metricsExporter: { enable: true, serviceType } },
    });
    await expect(cluster.apply([deviceConfig('Ingress')])).rejects.toThrow('spec.metricsExporter.serviceType');
    await cluster.apply([deviceConfig('ClusterIP')]);
    await cluster.kubectl(['delete', 'deviceconfig', 'definitions', '-n', 'default']);
    expect((await cluster.get<{ items: object[] }>(['clusterpolicies'])).items).toEqual([]);
  });
});
