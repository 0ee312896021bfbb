import { API_SERVER_CASES } from './cases/api-server';
import { CONTAINER_CASES } from './cases/containers';
import { CONTROL_PLANE_CASES } from './cases/control-plane';
import { COREDNS_CASES } from './cases/coredns';
import { GENERAL_CASES } from './cases/general';
import { GPU_EXPORTER_CASES } from './cases/gpu-exporter';
import { KUBE_STATE_METRICS_CASES } from './cases/kube-state-metrics';
import { KUBELET_CASES } from './cases/kubelet';
import { NODE_EXPORTER_CASES } from './cases/node-exporter';
import { PROMETHEUS_CASES } from './cases/prometheus';
import { PROMETHEUS_OPERATOR_CASES } from './cases/prometheus-operator';
import { WORKLOAD_CASES } from './cases/workloads';
import type { RuleCase } from './rule-case';

/** The cases of every alert. */
export const ALL_CASES: readonly RuleCase[] = [
  ...GENERAL_CASES,
  ...PROMETHEUS_CASES,
  ...PROMETHEUS_OPERATOR_CASES,
  ...NODE_EXPORTER_CASES,
  ...KUBE_STATE_METRICS_CASES,
  ...WORKLOAD_CASES,
  ...CONTAINER_CASES,
  ...KUBELET_CASES,
  ...API_SERVER_CASES,
  ...COREDNS_CASES,
  ...CONTROL_PLANE_CASES,
  ...GPU_EXPORTER_CASES,
];
