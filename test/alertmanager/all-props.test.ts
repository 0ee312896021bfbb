import { describe, expect, it } from 'vitest';
import type { AlertmanagerProps } from '../../lib/alertmanager/alertmanager';
import { alerts, CHANGED, cluster, complete, props, silences, web, without } from './complete-props';
import { problemsOf, Synthesized } from './synthesized';

/** Everything that an Alertmanager writes and hands on. */
function output(given: AlertmanagerProps): string {
  const { alertmanager, objects } = new Synthesized(given);
  const { url, peerAddresses, monitoring } = alertmanager;
  const endpoints = monitoring.targets?.map((target) => target.endpoints);
  return JSON.stringify({ objects, url, peerAddresses, endpoints, rules: monitoring.rules });
}

describe('every prop of an Alertmanager reaches the output', () => {
  const all = output(complete);

  it.each(Object.keys(props).filter((name) => !(name in CHANGED)))('%s', (name) => {
    expect(output(without(complete, name))).not.toBe(all);
  });

  it.each(Object.entries(CHANGED))('%s, which others refer to', (name, value) => {
    expect(output({ ...complete, [name]: value })).not.toBe(all);
  });

  it.each(Object.keys(web))('web.%s', (name) => {
    expect(output({ ...complete, web: without(web, name) })).not.toBe(all);
  });

  it.each(['minVersion', 'maxVersion', 'client'])('web.tls.%s', (name) => {
    expect(output({ ...complete, web: { ...web, tls: without(web.tls, name) } })).not.toBe(all);
  });

  it.each(Object.keys(cluster))('cluster.%s', (name) => {
    expect(output({ ...complete, cluster: without(cluster, name) })).not.toBe(all);
  });

  it.each(Object.keys(silences))('silences.%s', (name) => {
    expect(output({ ...complete, silences: without(silences, name) })).not.toBe(all);
  });

  it.each(Object.keys(alerts))('alerts.%s', (name) => {
    expect(output({ ...complete, alerts: without(alerts, name) })).not.toBe(all);
  });

  it('without a problem', () => {
    expect(problemsOf(complete)).toEqual([]);
  });
});

it('writes every flag with the value that was given', () => {
  expect(new Synthesized(props).args).toEqual([
    '--config.file=/etc/alertmanager/config/alertmanager.yml',
    '--storage.path=/alertmanager',
    '--data.retention=168h',
    '--data.maintenance-interval=10m',
    '--silences.max-silences=100',
    '--silences.max-silence-size-bytes=2000',
    '--log.silences',
    '--alerts.gc-interval=10m',
    '--alerts.per-alertname-limit=500',
    '--dispatch.maintenance-interval=1m',
    '--dispatch.start-delay=1m',
    '--web.listen-address=:9093',
    '--web.external-url=https://example.com/am',
    '--web.route-prefix=/alertmanager',
    '--web.get-concurrency=20',
    '--web.timeout=1m',
    '--web.config.file=/etc/alertmanager/config/web.yml',
    '--cluster.listen-address=[$(POD_IP)]:9094',
    '--cluster.advertise-address=10.0.0.1:9094',
    '--cluster.peer=am-0.am-headless.observability.svc:9094',
    '--cluster.peer=am-1.am-headless.observability.svc:9094',
    '--cluster.peer=am.example.com:9194',
    '--cluster.label=mine',
    '--cluster.peer-timeout=20s',
    '--cluster.peers-resolve-timeout=5s',
    '--cluster.gossip-interval=300ms',
    '--cluster.pushpull-interval=2m',
    '--cluster.tcp-timeout=11s',
    '--cluster.probe-timeout=600ms',
    '--cluster.probe-interval=2s',
    '--cluster.settle-timeout=10s',
    '--cluster.reconnect-interval=20s',
    '--cluster.reconnect-timeout=24h',
    '--cluster.tls-config=/etc/alertmanager/config/cluster-tls.yml',
    '--cluster.allow-insecure-public-advertise-address-discovery',
    '--enable-feature=event-recorder,auto-gomemlimit',
    '--auto-gomemlimit.ratio=0.8',
    '--log.level=debug',
    '--log.format=json',
    '--no-web.systemd-socket',
  ]);
});

it('writes the TLS of the cluster for both sides', () => {
  expect(new Synthesized(props).files['cluster-tls.yml']).toBe(
    [
      'tls_server_config:',
      '  cert_file: /etc/alertmanager/secrets/gossip/tls.crt',
      '  key_file: /etc/alertmanager/secrets/gossip/tls.key',
      '  client_ca_file: /etc/alertmanager/secrets/gossip/ca.crt',
      '  client_auth_type: RequireAndVerifyClientCert',
      'tls_client_config:',
      '  ca_file: /etc/alertmanager/secrets/gossip/ca.crt',
      '  cert_file: /etc/alertmanager/secrets/gossip/tls.crt',
      '  key_file: /etc/alertmanager/secrets/gossip/tls.key',
      '  server_name: alertmanager',
      '',
    ].join('\n'),
  );
});
