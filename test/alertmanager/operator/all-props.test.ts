import { describe, expect, it } from 'vitest';
import type { AlertmanagerProps } from '../../../lib/alertmanager/alertmanager-props';
import { expectValidCustomResources } from '../../crd-schema';
import {
  alerts,
  complete as all,
  cluster as allCluster,
  CHANGED,
  props,
  silences,
  web,
  without,
} from '../complete-props';
import { OperatorSynthesized, operatorProblemsOf } from './synthesized';

/** The operator sets this one itself; any other value is an error. */
const cluster = { ...allCluster, reconnectTimeout: '5m' };
const complete: AlertmanagerProps = { ...all, cluster };

/** Everything that an Alertmanager writes and hands on. */
function output(given: AlertmanagerProps): string {
  const { alertmanager, objects } = new OperatorSynthesized(given);
  const { url, peerAddresses, endpoint, monitoring } = alertmanager;
  const endpoints = monitoring.targets?.map((target) => target.endpoints);
  return JSON.stringify({ objects, url, peerAddresses, endpoint, endpoints, rules: monitoring.rules });
}

describe('every prop of an Alertmanager reaches the output of the operator back end', () => {
  const whole = output(complete);

  it.each(Object.keys(props).filter((name) => !(name in CHANGED)))('%s', (name) => {
    expect(output(without(complete, name))).not.toBe(whole);
  });

  it.each(Object.entries(CHANGED))('%s, which others refer to', (name, value) => {
    expect(output({ ...complete, [name]: value })).not.toBe(whole);
  });

  it.each(Object.keys(web))('web.%s', (name) => {
    expect(output({ ...complete, web: without(web, name) })).not.toBe(whole);
  });

  it.each(['minVersion', 'maxVersion', 'client'])('web.tls.%s', (name) => {
    expect(output({ ...complete, web: { ...web, tls: without(web.tls, name) } })).not.toBe(whole);
  });

  it.each(Object.keys(cluster).filter((name) => name !== 'reconnectTimeout'))('cluster.%s', (name) => {
    expect(output({ ...complete, cluster: without(cluster, name) })).not.toBe(whole);
  });

  it.each(Object.keys(silences))('silences.%s', (name) => {
    expect(output({ ...complete, silences: without(silences, name) })).not.toBe(whole);
  });

  it.each(Object.keys(alerts))('alerts.%s', (name) => {
    expect(output({ ...complete, alerts: without(alerts, name) })).not.toBe(whole);
  });

  it('without a problem, and valid', () => {
    expect(operatorProblemsOf(complete)).toEqual([]);
    expect(expectValidCustomResources(new OperatorSynthesized(complete).objects)).toBe(1);
  });
});

it('gives every prop the field that stands for it', () => {
  const { additionalArgs: _args, ...spec } = new OperatorSynthesized({ ...complete, userIds: 'fixed' }).spec;
  expect(spec).toEqual({
    image: expect.stringMatching(/^registry\.example\.com\/mirror\/prometheus\/alertmanager:v/),
    version: expect.stringMatching(/^v0\.\d+\.\d+$/),
    replicas: 2,
    podMetadata: {
      labels: { tier: 'alerting', team: 'platform', 'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring' },
      annotations: { 'example.com/owner': 'platform', 'example.com/pod': 'yes' },
    },
    serviceAccountName: 'am',
    automountServiceAccountToken: false,
    serviceName: 'am-headless',
    configSecret: 'am-config',
    secrets: ['slack'],
    retention: '168h',
    storage: {
      volumeClaimTemplate: {
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
      },
    },
    externalUrl: 'https://example.com/am',
    routePrefix: '/alertmanager',
    web: {
      getConcurrency: 20,
      tlsConfig: {
        cert: { secret: { name: 'web-tls', key: 'tls.crt' } },
        keySecret: { name: 'web-tls', key: 'tls.key' },
        minVersion: 'TLS13',
        maxVersion: 'TLS13',
      },
    },
    limits: { maxSilences: 100 },
    additionalPeers: ['am.example.com:9194'],
    clusterAdvertiseAddress: '10.0.0.1:9094',
    clusterLabel: 'mine',
    clusterPeerTimeout: '20s',
    clusterGossipInterval: '300ms',
    clusterPushpullInterval: '2m',
    clusterTLS: {
      server: {
        cert: { secret: { name: 'gossip', key: 'tls.crt' } },
        keySecret: { name: 'gossip', key: 'tls.key' },
        client_ca: { secret: { name: 'gossip', key: 'ca.crt' } },
        clientAuthType: 'RequireAndVerifyClientCert',
      },
      client: {
        cert: { secret: { name: 'gossip', key: 'tls.crt' } },
        keySecret: { name: 'gossip', key: 'tls.key' },
        ca: { secret: { name: 'gossip', key: 'ca.crt' } },
        serverName: 'alertmanager',
      },
    },
    enableFeatures: ['event-recorder', 'auto-gomemlimit'],
    logLevel: 'debug',
    logFormat: 'json',
    terminationGracePeriodSeconds: 60,
    resources: { requests: { cpu: '250m', memory: '2Gi' }, limits: { memory: '2Gi' } },
    nodeSelector: { pool: 'infra' },
    tolerations: [{ key: 'infra', operator: 'Exists' }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    priorityClassName: 'high',
    imagePullSecrets: [{ name: 'pull' }],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      fsGroup: 65534,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      { name: 'alertmanager', env: [{ name: 'TZ', value: 'UTC' }] },
      { name: 'config-reloader', resources: { requests: { memory: '99Mi' }, limits: { memory: '99Mi' } } },
    ],
  });
});

it('gives the program by flags what the custom resource has no field for', () => {
  expect(new OperatorSynthesized(complete).spec.additionalArgs).toEqual([
    { name: 'data.maintenance-interval', value: '10m' },
    { name: 'silences.max-silence-size-bytes', value: '2000' },
    { name: 'log.silences' },
    { name: 'alerts.gc-interval', value: '10m' },
    { name: 'alerts.per-alertname-limit', value: '500' },
    { name: 'dispatch.maintenance-interval', value: '1m' },
    { name: 'dispatch.start-delay', value: '1m' },
    { name: 'web.timeout', value: '1m' },
    { name: 'cluster.peers-resolve-timeout', value: '5s' },
    { name: 'cluster.tcp-timeout', value: '11s' },
    { name: 'cluster.probe-timeout', value: '600ms' },
    { name: 'cluster.probe-interval', value: '2s' },
    { name: 'cluster.settle-timeout', value: '10s' },
    { name: 'cluster.reconnect-interval', value: '20s' },
    { name: 'cluster.allow-insecure-public-advertise-address-discovery' },
    { name: 'auto-gomemlimit.ratio', value: '0.8' },
    { name: 'no-web.systemd-socket' },
  ]);
});
