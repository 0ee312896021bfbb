import { Testing } from 'cdk8s';
import { expect, it } from 'vitest';
import { ClusterProfile } from '../../lib/core/cluster-profile';
import { Connections } from '../../lib/core/connections';
import { Peer } from '../../lib/core/peer';
import { metadataOf } from '../../lib/core/workload';

interface Policy {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly ingress: unknown[]; readonly egress: unknown[]; readonly policyTypes: string[] };
}

const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

function make() {
  const chart = Testing.chart();
  const part = (name: string) => new Connections(chart, name, metadataOf(name, { namespace: 'monitoring' }, chart));
  const synth = () =>
    Object.fromEntries((Testing.synth(chart) as Policy[]).map((policy) => [policy.metadata.name, policy.spec]));
  return { part, synth };
}

it('lets nothing pass but name resolution until something is declared', () => {
  const { part, synth } = make();
  part('a');
  expect(synth().a).toMatchObject({ policyTypes: ['Ingress', 'Egress'], egress: [dns] });
  expect(synth().a?.ingress ?? []).toEqual([]);
});

it('declares one connection on both ends', () => {
  const { part, synth } = make();
  part('a').connectTo(part('b'), { port: 'web' });
  const peer = (name: string) => [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name } },
    },
  ];
  const ports = [{ port: 'web', protocol: 'TCP' }];
  expect(synth().a?.egress).toEqual([dns, { to: peer('b'), ports }]);
  expect(synth().b?.ingress).toEqual([{ from: peer('a'), ports }]);
});

it('says each port of a peer once, and drops single ports where every port is open', () => {
  const { part, synth } = make();
  const a = part('a');
  a.allowTo(Peer.cidrs('10.0.0.0/8'), { port: 1 }, { port: 2 });
  a.allowTo(Peer.cidrs('10.0.0.0/8'), { port: 2 });
  a.allowTo(Peer.anyPod(), { port: 3 });
  a.allowTo(Peer.anyPod());
  expect(synth().a?.egress).toEqual([
    dns,
    {
      to: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
      ports: [
        { port: 1, protocol: 'TCP' },
        { port: 2, protocol: 'TCP' },
      ],
    },
    { to: [{ namespaceSelector: {} }] },
  ]);
});

it('asks for late connections once, however often it is synthesized', () => {
  const { part, synth } = make();
  const a = part('a');
  let asked = 0;
  a.declareLate(() => {
    asked++;
    a.allowTo(Peer.anywhere(), { port: 443 });
  });
  synth();
  expect(synth().a?.egress).toEqual([dns, { ports: [{ port: 443, protocol: 'TCP' }] }]);
  expect(asked).toBe(1);
});

it('takes the same peer for the same, whatever the order of its labels', () => {
  const { part, synth } = make();
  const a = part('a');
  a.allowTo(Peer.pods('shop', { matchLabels: { x: '1', y: '2' } }), { port: 1 });
  a.allowTo(Peer.pods('shop', { matchLabels: { y: '2', x: '1' } }), { port: 2 });
  expect(synth().a?.egress).toHaveLength(2);
});

it('lets a node-local DNS cache through beside the name service', () => {
  const chart = Testing.chart();
  const { network } = ClusterProfile.kubeadm('a', { nodeLocalDns: '169.254.20.10' });
  new Connections(chart, 'a', metadataOf('a', { namespace: 'monitoring', network }, chart));
  const [policy] = Testing.synth(chart) as Policy[];
  expect(policy?.spec.egress).toEqual([{ ...dns, to: [...dns.to, { ipBlock: { cidr: '169.254.20.10/32' } }] }]);
});
