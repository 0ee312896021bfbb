import { DEFAULT_COUNTERS } from '../../../lib/targets/gpu/dcgm-exporter/counters';

/** The labels of a series of dcgm-exporter, as our targets deliver it. */
const DCGM_LABELS = ['namespace', 'pod', 'container', 'node', 'gpu', 'UUID', 'GPU_I_ID', 'GPU_I_PROFILE', 'modelName'];

const POD = ['namespace', 'pod', 'uid'];
const CONTAINER = [...POD, 'container'];
const JOB = ['namespace', 'job_name'];

/**
 * @see https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload
 */
const KUBE_STATE_METRICS = {
  kube_job_info: JOB,
  kube_job_spec_completions: JOB,
  kube_job_status_active: JOB,
  kube_job_status_succeeded: JOB,
  kube_job_status_start_time: JOB,
  kube_job_status_completion_time: JOB,
  kube_pod_owner: [...POD, 'owner_kind', 'owner_name', 'owner_is_controller'],
  kube_pod_status_phase: [...POD, 'phase'],
  kube_pod_status_unschedulable: POD,
  kube_pod_container_resource_requests: [...CONTAINER, 'node', 'resource', 'unit'],
  kube_pod_container_status_waiting_reason: [...CONTAINER, 'reason'],
  kube_pod_container_status_terminated_reason: [...CONTAINER, 'reason'],
};

const CADVISOR_CONTAINER = ['namespace', 'pod', 'container', 'id', 'image', 'name'];
const CADVISOR_NETWORK = [...CADVISOR_CONTAINER, 'interface'];

/**
 * @see https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */
const CADVISOR = {
  container_cpu_usage_seconds_total: [...CADVISOR_CONTAINER, 'cpu'],
  container_memory_working_set_bytes: CADVISOR_CONTAINER,
  container_network_receive_bytes_total: CADVISOR_NETWORK,
  container_network_receive_errors_total: CADVISOR_NETWORK,
  container_network_receive_packets_dropped_total: CADVISOR_NETWORK,
  container_network_transmit_bytes_total: CADVISOR_NETWORK,
  container_network_transmit_errors_total: CADVISOR_NETWORK,
  container_network_transmit_packets_dropped_total: CADVISOR_NETWORK,
};

/** What the dashboards may read: the metrics of three exporters, and the labels that each has. */
export const EXPOSED_METRICS: ReadonlyMap<string, readonly string[]> = new Map([
  ...DEFAULT_COUNTERS.filter(({ type }) => type !== 'label').map(({ field }) => [field, DCGM_LABELS] as const),
  ...Object.entries(KUBE_STATE_METRICS),
  ...Object.entries(CADVISOR),
]);
