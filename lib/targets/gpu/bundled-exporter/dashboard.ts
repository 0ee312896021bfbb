import type { Dashboard } from '../../../model/dashboard';
import { dashboardOf, type Row } from './dashboard-model';

/** Whose series the dashboard shows. */
export interface GpuDashboardOptions {
  /** Job of the exporter. */
  readonly job: string;
  /** Label with the name of the node. */
  readonly nodeLabel: string;
}

const POD = '{{namespace}}/{{pod}}';

/** GPUs by node, by device, and by the pods that have them. */
export function gpuDashboard({ job, nodeLabel }: GpuDashboardOptions): Dashboard {
  const self = `job=${JSON.stringify(job)}, ${nodeLabel}=~"$node"`;
  const owned = `${self}, namespace=~"$namespace"`;
  const gpu = `{{${nodeLabel}}} {{gpu}}`;
  return dashboardOf({
    uid: 'gpu-exporter',
    title: 'GPUs',
    description: 'The GPUs of the cluster: how they do, how busy they are, and whose they are.',
    variables: [
      { name: 'node', label: 'Node', query: `label_values(gpu_up{job=${JSON.stringify(job)}}, ${nodeLabel})` },
      { name: 'namespace', label: 'Namespace', query: `label_values(gpu_pod_allocated_devices{${self}}, namespace)` },
    ],
    rows: [fleet(self), devices(self, gpu), health(self, gpu), pods(owned, nodeLabel)],
  });
}

function fleet(self: string): Row {
  return {
    title: 'All GPUs',
    panels: [
      {
        kind: 'stat',
        title: 'GPUs',
        description: 'GPUs that answer.',
        unit: 'none',
        expr: `count(gpu_up{${self}} == 1) or vector(0)`,
      },
      {
        kind: 'stat',
        title: 'GPUs that do not answer',
        description: 'Lost, hung, waiting for a reset, or not known to the driver.',
        unit: 'none',
        expr: `count(gpu_up{${self}} == 0) or vector(0)`,
        redFrom: 1,
      },
      {
        kind: 'stat',
        title: 'GPUs of pods',
        description: 'GPUs and MIG instances that a pod was given. Shared ones count once.',
        unit: 'none',
        expr: `count(count by (uuid, gpu_instance_id, compute_instance_id) (gpu_pod_allocation_info{${self}})) or vector(0)`,
      },
      {
        kind: 'stat',
        title: 'Utilization',
        description: 'Share of time in which a kernel ran, on average over all GPUs.',
        unit: 'percentunit',
        expr: `avg(gpu_utilization_ratio{${self}})`,
      },
      {
        kind: 'stat',
        title: 'Memory used',
        description: 'Share of the memory of all GPUs that is allocated.',
        unit: 'percentunit',
        expr: `sum(gpu_memory_used_bytes{${self}}) / sum(gpu_memory_total_bytes{${self}})`,
      },
      {
        kind: 'stat',
        title: 'Power',
        description: 'What all boards draw.',
        unit: 'watt',
        expr: `sum(gpu_power_watts{${self}})`,
      },
    ],
  };
}

function devices(self: string, gpu: string): Row {
  return {
    title: 'By GPU',
    panels: [
      {
        kind: 'timeseries',
        title: 'Utilization',
        description: 'Share of time in which a kernel ran. It says nothing of how much of the GPU the kernel used.',
        unit: 'percentunit',
        expr: `gpu_utilization_ratio{${self}}`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'SM activity',
        description: 'Share of the multiprocessors that had work, on average. Hopper and newer.',
        unit: 'percentunit',
        expr: `gpu_sm_active_ratio{${self}}`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'Memory used',
        description: 'Share of the memory that is allocated. Frameworks keep what they once took.',
        unit: 'percentunit',
        expr: `gpu_memory_used_bytes{${self}} / gpu_memory_total_bytes{${self}}`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'Power',
        description: 'What a board draws.',
        unit: 'watt',
        expr: `gpu_power_watts{${self}}`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'PCI Express, received',
        description: 'Bytes per second that a GPU received.',
        unit: 'Bps',
        expr: `rate(gpu_pcie_receive_bytes_total{${self}}[$__rate_interval])`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'NVLink, received',
        description: 'Bytes per second that a GPU received over all of its links.',
        unit: 'Bps',
        expr: `sum without (link) (rate(gpu_nvlink_receive_bytes_total{${self}}[$__rate_interval]))`,
        legend: gpu,
      },
    ],
  };
}

function health(self: string, gpu: string): Row {
  return {
    title: 'Health',
    panels: [
      {
        kind: 'timeseries',
        title: 'Temperature',
        description: 'Clocks fall when a GPU comes near its limit.',
        unit: 'celsius',
        expr: `gpu_temperature_celsius{${self}, sensor="gpu"}`,
        legend: gpu,
      },
      {
        kind: 'timeseries',
        title: 'Time slowed down',
        description: 'Share of time in which a reason kept the clocks down, where there is one. Reasons overlap.',
        unit: 'percentunit',
        expr: `rate(gpu_throttle_seconds_total{${self}}[$__rate_interval]) > 0`,
        legend: `${gpu} {{reason}}`,
      },
      {
        kind: 'timeseries',
        title: 'XID errors',
        description: 'Errors that the driver reported in the time between two points, by number.',
        unit: 'none',
        expr: `increase(gpu_xid_errors_total{${self}}[$__rate_interval]) > 0`,
        legend: `${gpu} XID {{xid}} ({{class}})`,
      },
      {
        kind: 'timeseries',
        title: 'Memory errors',
        description: 'Errors of the memory since the driver was loaded.',
        unit: 'none',
        expr: `gpu_ecc_errors_total{${self}, period="volatile"} > 0`,
        legend: `${gpu} {{error}}`,
      },
    ],
  };
}

function pods(owned: string, nodeLabel: string): Row {
  return {
    title: 'By pod',
    panels: [
      {
        kind: 'timeseries',
        title: 'GPU time',
        description: 'GPUs that a pod keeps busy: 1 is a whole GPU all of the time.',
        unit: 'none',
        expr: `sum by (namespace, pod) (gpu_pod_utilization_ratio{${owned}})`,
        legend: POD,
      },
      {
        kind: 'timeseries',
        title: 'Memory used',
        description: 'Memory of all GPUs of a pod that it has allocated.',
        unit: 'bytes',
        expr: `sum by (namespace, pod) (gpu_pod_memory_used_bytes{${owned}})`,
        legend: POD,
      },
      {
        kind: 'timeseries',
        title: 'Power by namespace',
        description: 'What the boards draw for the pods of a namespace.',
        unit: 'watt',
        expr: `sum by (namespace) (rate(gpu_pod_energy_joules_total{${owned}}[$__rate_interval]))`,
        legend: '{{namespace}}',
      },
      {
        kind: 'timeseries',
        title: 'GPUs that are not used, by namespace',
        description: 'GPUs that pods have and do not use.',
        unit: 'none',
        expr: `sum by (namespace) (rate(gpu_pod_idle_seconds_total{${owned}}[$__rate_interval]))`,
        legend: '{{namespace}}',
      },
      {
        kind: 'table',
        title: 'Hours in which a pod had GPUs and did not use them',
        description: 'Within the time range, over all GPUs of the pod.',
        unit: 'h',
        expr: `sum by (${nodeLabel}, namespace, pod) (increase(gpu_pod_idle_seconds_total{${owned}}[$__range])) / 3600 > 0`,
        columns: { namespace: 'Namespace', pod: 'Pod', [nodeLabel]: 'Node', Value: 'Hours' },
      },
    ],
  };
}
