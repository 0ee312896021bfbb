import { alert, type Rule } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { highest } from './object-series';

const ofNode = (metric: string, matchers?: string) => highest(['node'], metric, matchers);
/** A node that someone took out of service on purpose. */
const CORDONED = `${ofNode('kube_node_spec_unschedulable')} == 1`;
const REMOVED_ON_PURPOSE = ofNode(
  'kube_node_spec_taint',
  'key=~"ToBeDeletedByClusterAutoscaler|karpenter.sh/disrupted|cloud.google.com/impending-node-termination"',
);

/** Rules about nodes, as the API server sees them. */
export function nodeRules(): readonly Rule[] {
  return [
    alert('KubeNodeNotReady', {
      expr: `${ofNode('kube_node_status_condition', 'condition="Ready", status="true"')} == 0 unless ${CORDONED}`,
      for: '15m',
      severity: 'warning',
      summary: 'A node is not ready.',
      description: 'Node {{ $labels.node }} has not been ready for 15 minutes and takes no new pods.',
      runbook: runbook('KubeNodeNotReady'),
    }),
    alert('KubeNodeUnreachable', {
      expr: `${ofNode('kube_node_spec_taint', 'key="node.kubernetes.io/unreachable"')} == 1 unless ${REMOVED_ON_PURPOSE}`,
      for: '15m',
      severity: 'warning',
      summary: 'A node is unreachable.',
      description:
        'The control plane hears nothing from node {{ $labels.node }}. Its pods are moved elsewhere where possible.',
      runbook: runbook('KubeNodeUnreachable'),
    }),
    alert('KubeNodeReadinessFlapping', {
      expr:
        'max by (node) (changes(kube_node_status_condition{job="kube-state-metrics", condition="Ready", status="true"}[15m])) > 2 ' +
        `unless ${CORDONED}`,
      for: '15m',
      severity: 'warning',
      summary: 'A node changes between ready and not ready.',
      description: 'The readiness of node {{ $labels.node }} changed {{ $value }} times in 15 minutes.',
      runbook: runbook('KubeNodeReadinessFlapping'),
    }),
    alert('KubeNodePressure', {
      expr: `${highest(['node', 'condition'], 'kube_node_status_condition', 'condition=~"MemoryPressure|DiskPressure|PIDPressure", status="true"')} == 1`,
      for: '10m',
      severity: 'warning',
      summary: 'A node is short of a resource.',
      description: 'Node {{ $labels.node }} reports {{ $labels.condition }}. The kubelet evicts pods to free it.',
      runbook: runbook('KubeNodePressure'),
    }),
    alert('KubeNodeNetworkUnavailable', {
      expr: `${ofNode('kube_node_status_condition', 'condition="NetworkUnavailable", status="true"')} == 1`,
      for: '15m',
      severity: 'warning',
      summary: 'The network of a node is not set up.',
      description: 'Node {{ $labels.node }} reports that the routes of its pods are missing.',
      runbook: runbook('KubeNodeNetworkUnavailable'),
    }),
  ];
}
