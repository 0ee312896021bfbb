import { describe, expect, it } from 'vitest';
import { type NetworkPolicy, NetworkPolicyEvaluator, type PolicyNamespace, type PolicyPod } from './network-policy';

const prometheus: PolicyPod = {
  namespace: 'monitoring',
  name: 'prometheus-0',
  labels: { app: 'prometheus', tier: 'server' },
  ip: '10.244.0.10',
  ports: [{ name: 'web', containerPort: 9090 }],
};
const grafana: PolicyPod = {
  namespace: 'monitoring',
  name: 'grafana-0',
  labels: { app: 'grafana' },
  ip: '10.244.0.11',
};
const dns: PolicyPod = {
  namespace: 'kube-system',
  name: 'coredns-0',
  labels: { 'k8s-app': 'kube-dns' },
  ip: '10.244.0.12',
  ports: [
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
    { name: 'metrics', containerPort: 9153 },
  ],
};
const nodeExporter: PolicyPod = {
  namespace: 'monitoring',
  name: 'node-exporter-0',
  labels: { app: 'node-exporter' },
  ip: '10.200.0.1',
  hostNetwork: true,
  ports: [{ name: 'metrics', containerPort: 9100 }],
};
const pods = [prometheus, grafana, dns, nodeExporter];
const namespaces: PolicyNamespace[] = [
  { name: 'monitoring', labels: { team: 'platform' } },
  { name: 'kube-system', labels: {} },
];

function policy(spec: NetworkPolicy['spec'], namespace = 'monitoring'): NetworkPolicy {
  return { metadata: { name: 'policy', namespace }, spec };
}

function evaluate(...policies: NetworkPolicy[]): NetworkPolicyEvaluator {
  return new NetworkPolicyEvaluator({ pods, namespaces, policies });
}

const ofPrometheus = { podSelector: { matchLabels: { app: 'prometheus' } } };

describe('NetworkPolicyEvaluator', () => {
  it('allows everything to pods that no policy selects', () => {
    const evaluator = evaluate(policy({ podSelector: { matchLabels: { app: 'other' } } }));
    expect(evaluator.isAllowed({ from: grafana, to: prometheus, port: 9090 })).toBe(true);
    expect(evaluate(policy(ofPrometheus, 'default')).isAllowed({ from: grafana, to: prometheus, port: 1 })).toBe(true);
  });

  it('says which policies deny', () => {
    expect(evaluate(policy(ofPrometheus)).denial({ from: grafana, to: prometheus, port: 9090 })).toBe(
      'Ingress of monitoring/prometheus-0 is limited by policy',
    );
  });

  it('isolates only in the directions of the policy types, which follow from the rules where there are none', () => {
    const question = { from: prometheus, to: dns, port: 9153 };
    expect(evaluate(policy(ofPrometheus)).isAllowed(question)).toBe(true);
    expect(evaluate(policy({ ...ofPrometheus, egress: [] })).isAllowed(question)).toBe(true);
    expect(evaluate(policy({ ...ofPrometheus, policyTypes: ['Egress'] })).isAllowed(question)).toBe(false);
    const elsewhere = [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }];
    expect(evaluate(policy({ ...ofPrometheus, egress: elsewhere })).isAllowed(question)).toBe(false);
    expect(evaluate(policy({ ...ofPrometheus, egress: [{}] })).isAllowed(question)).toBe(true);
  });

  it('needs the consent of both ends', () => {
    const out = policy({ ...ofPrometheus, policyTypes: ['Egress'], egress: [{}] });
    const intoDns = (from: object[]) => policy({ podSelector: {}, ingress: [{ from }] }, 'kube-system');
    const question = { from: prometheus, to: dns, port: 9153 };
    expect(evaluate(out, intoDns([{ podSelector: {} }])).isAllowed(question)).toBe(false);
    expect(evaluate(out, intoDns([{ namespaceSelector: {} }])).isAllowed(question)).toBe(true);
  });

  it('adds policies up', () => {
    const from = [{ podSelector: { matchLabels: { app: 'grafana' } } }];
    const evaluator = evaluate(policy({ podSelector: {} }), policy({ ...ofPrometheus, ingress: [{ from }] }));
    expect(evaluator.isAllowed({ from: grafana, to: prometheus, port: 9090 })).toBe(true);
    expect(evaluator.isAllowed({ from: prometheus, to: grafana, port: 3000 })).toBe(false);
  });

  it('reads a pod selector without a namespace selector in the namespace of the policy', () => {
    const into = (peer: object) => evaluate(policy({ ...ofPrometheus, ingress: [{ from: [peer] }] }));
    const podSelector = { matchLabels: { 'k8s-app': 'kube-dns' } };
    const question = { from: dns, to: prometheus, port: 9090 };
    expect(into({ podSelector }).isAllowed(question)).toBe(false);
    const named = { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } };
    expect(into({ podSelector, namespaceSelector: named }).isAllowed(question)).toBe(true);
    expect(into({ podSelector: { matchLabels: { app: 'x' } }, namespaceSelector: named }).isAllowed(question)).toBe(
      false,
    );
    expect(into({ namespaceSelector: { matchLabels: { team: 'platform' } } }).isAllowed(question)).toBe(false);
  });

  it.each([
    [{ key: 'app', operator: 'In', values: ['prometheus', 'grafana'] }, true],
    [{ key: 'app', operator: 'In', values: ['other'] }, false],
    [{ key: 'absent', operator: 'In', values: ['x'] }, false],
    [{ key: 'app', operator: 'NotIn', values: ['grafana'] }, false],
    [{ key: 'absent', operator: 'NotIn', values: ['x'] }, true],
    [{ key: 'app', operator: 'Exists' }, true],
    [{ key: 'app', operator: 'DoesNotExist' }, false],
    [{ key: 'absent', operator: 'DoesNotExist' }, true],
  ])('matches the expression %j as %s', (expression, isAllowed) => {
    const from = [{ podSelector: { matchExpressions: [expression] } }];
    const evaluator = evaluate(policy({ ...ofPrometheus, ingress: [{ from }] }));
    expect(evaluator.isAllowed({ from: grafana, to: prometheus, port: 9090 })).toBe(isAllowed);
  });

  it('refuses an unknown operator', () => {
    const podSelector = { matchExpressions: [{ key: 'app', operator: 'Like' }] };
    expect(() => evaluate(policy({ podSelector })).isAllowed({ from: dns, to: grafana, port: 1 })).toThrow(
      'unknown operator Like',
    );
  });

  it('reads ports as numbers, ranges and names of the destination, TCP unless said otherwise', () => {
    const evaluator = (...ports: object[]) =>
      evaluate(policy({ podSelector: {}, ingress: [{ ports }] }, 'kube-system'));
    const ask = (port: number, protocol: 'TCP' | 'UDP' = 'TCP') => ({ from: prometheus, to: dns, port, protocol });
    expect(evaluator({ port: 9153 }).isAllowed(ask(9153))).toBe(true);
    expect(evaluator({ port: 9153 }).isAllowed(ask(9154))).toBe(false);
    expect(evaluator({ port: 53 }).isAllowed(ask(53, 'UDP'))).toBe(false);
    expect(evaluator({ port: 53, protocol: 'UDP' }).isAllowed(ask(53, 'UDP'))).toBe(true);
    expect(evaluator({ port: 9000, endPort: 9200 }).isAllowed(ask(9153))).toBe(true);
    expect(evaluator({ port: 9000, endPort: 9100 }).isAllowed(ask(9153))).toBe(false);
    expect(evaluator({ port: 'metrics' }).isAllowed(ask(9153))).toBe(true);
    expect(evaluator({ port: 'metrics' }).isAllowed(ask(53))).toBe(false);
    expect(evaluator({ port: 'dns' }).isAllowed(ask(53))).toBe(false);
    expect(evaluator({ port: 'dns', protocol: 'UDP' }).isAllowed(ask(53, 'UDP'))).toBe(true);
    expect(evaluator({ protocol: 'UDP' }).isAllowed(ask(99, 'UDP'))).toBe(true);
  });

  it('matches addresses outside of the cluster with blocks and their exceptions', () => {
    const ipBlock = { cidr: '198.51.100.0/24', except: ['198.51.100.128/25'] };
    const evaluator = evaluate(policy({ ...ofPrometheus, egress: [{ to: [{ ipBlock }] }] }));
    expect(evaluator.isAllowed({ from: prometheus, to: '198.51.100.1', port: 443 })).toBe(true);
    expect(evaluator.isAllowed({ from: prometheus, to: '198.51.100.200', port: 443 })).toBe(false);
    expect(evaluator.isAllowed({ from: prometheus, to: '203.0.113.1', port: 443 })).toBe(false);
    expect(evaluator.isAllowed({ from: prometheus, to: '2001:db8::1', port: 443 })).toBe(false);
  });

  it('does not let a block allow pods, wherever their address comes from', () => {
    const ipBlock = { cidr: '0.0.0.0/0' };
    const evaluator = evaluate(policy({ ...ofPrometheus, egress: [{ to: [{ ipBlock }] }] }));
    expect(evaluator.isAllowed({ from: prometheus, to: dns, port: 9153 })).toBe(false);
    expect(evaluator.isAllowed({ from: prometheus.ip, to: dns.ip, port: 9153 })).toBe(false);
  });

  it('sees a pod on the host network as an address', () => {
    const byBlock = policy({ ...ofPrometheus, egress: [{ to: [{ ipBlock: { cidr: '10.200.0.0/24' } }] }] });
    const byLabel = policy({ ...ofPrometheus, egress: [{ to: [{ podSelector: {} }] }] });
    const question = { from: prometheus, to: nodeExporter, port: 9100 };
    expect(evaluate(byBlock).isAllowed(question)).toBe(true);
    expect(evaluate(byLabel).isAllowed(question)).toBe(false);
    const named = policy({ ...ofPrometheus, egress: [{ ports: [{ port: 'metrics' }] }] });
    expect(evaluate(named).isAllowed(question)).toBe(false);
    const isolated = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(evaluate(isolated).isAllowed({ from: dns, to: nodeExporter, port: 9100 })).toBe(true);
  });

  it('cannot keep a pod from itself', () => {
    const closed = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(evaluate(closed).isAllowed({ from: prometheus, to: prometheus.ip, port: 9090 })).toBe(true);
  });
});
