import { App, Chart } from 'cdk8s';
import { expect, it } from 'vitest';
import { OperatorPrometheus, Peer, SecretKey } from '../../../lib';
import { DEFAULT_CLUSTER_NETWORK } from '../../../lib/core/cluster-network';
import type { OperatorPrometheusProps } from '../../../lib/prometheus/operator/operator-prometheus';
import { objectOf } from '../../objects';

function make(props: OperatorPrometheusProps): Chart {
  const app = new App();
  const chart = new Chart(app, 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
  new OperatorPrometheus(chart, 'prometheus', props);
  return chart;
}

it('gives a Querier the address of every sidecar, and scrapes them', () => {
  const network = {
    ...DEFAULT_CLUSTER_NETWORK,
    apiServer: { peer: Peer.cidrs('10.0.0.1/32'), ports: [{ port: 6443 }] },
  };
  const chart = make({ network, thanos: { objectStorageConfig: SecretKey.of('store', 'thanos.yaml') } });
  const { ports } = objectOf(chart, 'Service monitoring/prometheus-headless').spec;
  expect(ports).toEqual([
    { name: 'web', port: 9090, targetPort: 'web' },
    { name: 'grpc', port: 10901, targetPort: 'grpc' },
    { name: 'http', port: 10902, targetPort: 'http' },
  ]);
  const monitor = objectOf(chart, 'ServiceMonitor monitoring/thanos-sidecar').spec;
  expect(monitor.endpoints).toMatchObject([{ port: 'http' }]);
  const { ingress, egress } = objectOf(chart, 'NetworkPolicy monitoring/prometheus').spec;
  expect(JSON.stringify(ingress)).toContain('{"port":"http","protocol":"TCP"}');
  // Where the store is, only the Secret knows.
  expect(egress).toContainEqual({ ports: [{ port: 443, protocol: 'TCP' }] });
});

it('has neither without a sidecar', () => {
  const chart = make({});
  expect(objectOf(chart, 'Service monitoring/prometheus-headless').spec.ports).toHaveLength(1);
  expect(() => objectOf(chart, 'ServiceMonitor monitoring/thanos-sidecar')).toThrow();
});
