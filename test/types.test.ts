import { App } from 'cdk8s';
import { expect, it } from 'vitest';
import { ClusterProfile, MonitoringStack, Receiver, Routing, ScrapeTarget, SecretKey } from '../lib';

/**
 * What does not compile. `tsc --noEmit` checks this file: an error that is expected and does not come fails it, so
 * each line below proves that the compiler refuses what follows.
 */
function refusedByTheCompiler(): void {
  const app = new App();
  const cluster = ClusterProfile.kubeadm('a');

  // @ts-expect-error a misspelt part
  new MonitoringStack(app, 'a', { cluster, promtheus: {} });
  // @ts-expect-error a misspelt option
  new MonitoringStack(app, 'b', { cluster, prometheus: { retension: '30d' } });
  // @ts-expect-error an option that a plain object cannot switch off
  new MonitoringStack(app, 'c', { cluster, nodeExporter: { hostNetwork: { enabled: false } } });
  // @ts-expect-error no cluster
  new MonitoringStack(app, 'd', {});
  // @ts-expect-error a collector that does not exist
  new MonitoringStack(app, 'e', { cluster, nodeExporter: { enableCollectors: ['systemdd'] } });
  // @ts-expect-error an image that the stack does not have
  new MonitoringStack(app, 'f', { cluster, images: { override: { prometeus: 'a:1' } } });

  // @ts-expect-error a route without a receiver
  Routing.to();
  // @ts-expect-error a literal secret
  Receiver.slack('chat', { apiUrl: 'https://hooks.slack.com/services/T/B/x', channel: '#a' });
  // @ts-expect-error a literal password
  ScrapeTarget.hosts(['a:1'], { job: 'a', basicAuth: { username: 'a', password: 'b' } });
  // @ts-expect-error fixed addresses have no name from which a job could be derived
  ScrapeTarget.hosts(['a:1'], { interval: '5s' });
  // @ts-expect-error a private key in a ConfigMap
  ScrapeTarget.hosts(['a:1'], { job: 'a', tls: { key: { kind: 'ConfigMap', name: 'a', key: 'b' } } });
  // @ts-expect-error made by its factory only
  new SecretKey('a', 'b');
}

it('is checked by the compiler', () => {
  expect(refusedByTheCompiler).toBeTypeOf('function');
});
