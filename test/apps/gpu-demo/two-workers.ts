/** A text such as `{namespace="gpu-demo", pod="training-0-abcde"}`. */
function labels(all: Readonly<Record<string, string>>): string {
  return `{${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;
}

type Series = readonly [series: string, values: string];

const constant = (value: number) => `${value}x120`;
const growing = (perMinute: number) => `0+${perMinute}x120`;

/** What dcgm-exporter says of a GPU. */
function gpu(device: Readonly<Record<string, string>>, utilization: number, watts: number): readonly Series[] {
  const values: Readonly<Record<string, string>> = {
    DCGM_FI_DEV_GPU_UTIL: constant(utilization),
    DCGM_FI_DEV_FB_USED: constant(20_000),
    DCGM_FI_DEV_FB_FREE: constant(60_000),
    DCGM_FI_DEV_POWER_USAGE: constant(watts),
    DCGM_FI_DEV_GPU_TEMP: constant(60),
    DCGM_FI_DEV_SM_CLOCK: constant(1980),
    // A watt is 60 joules a minute; the counter is in millijoules.
    DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: growing(watts * 60_000),
    DCGM_FI_PROF_SM_ACTIVE: constant(0.5),
    DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: constant(0.25),
    DCGM_FI_PROF_PCIE_TX_BYTES: constant(1e9),
    DCGM_FI_PROF_PCIE_RX_BYTES: constant(1e9),
  };
  const job = { job: 'nvidia-dcgm-exporter', instance: '10.0.0.1:9400', modelName: 'NVIDIA H100', gpu: '0', ...device };
  return Object.entries(values).map(([metric, each]) => [`${metric}${labels(job)}`, each]);
}

/** What kube-state-metrics says of a pod that asks for a GPU. */
function state(pod: string, container: string, phase: string): readonly Series[] {
  const one = { namespace: 'gpu-demo', pod, uid: `uid-${pod}` };
  const request = labels({ ...one, container, resource: 'nvidia_com_gpu', unit: 'integer' });
  return [
    ...['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'].map(
      (each): Series => [`kube_pod_status_phase${labels({ ...one, phase: each })}`, constant(each === phase ? 1 : 0)],
    ),
    [`kube_pod_container_resource_requests${request}`, constant(1)],
  ];
}

/** What cAdvisor says of a worker; `bytes` go each way in a second. */
function usage(pod: string, bytes: number): readonly Series[] {
  const one = { namespace: 'gpu-demo', pod };
  const network = labels({ ...one, interface: 'eth0' });
  const container = labels({ ...one, container: 'worker' });
  return [
    ...['receive', 'transmit'].flatMap((way): readonly Series[] => [
      [`container_network_${way}_bytes_total${network}`, growing(bytes * 60)],
      [`container_network_${way}_errors_total${network}`, constant(0)],
      [`container_network_${way}_packets_dropped_total${network}`, constant(0)],
    ]),
    [`container_cpu_usage_seconds_total${container}`, growing(60)],
    [`container_memory_working_set_bytes${container}`, constant(4e9)],
  ];
}

const FIRST = 'training-0-abcde';
const SECOND = 'training-1-fghij';
const JOB = labels({ namespace: 'gpu-demo', job_name: 'training' });
const WAITING = labels({ namespace: 'gpu-demo', pod: SECOND, container: 'worker', reason: 'ImagePullBackOff' });

/**
 * Two workers of a Job that began half an hour before the sixtieth minute, a vector addition that waits for a GPU, and
 * a GPU that no pod has.
 */
export const SERIES: readonly Series[] = [
  ...gpu({ UUID: 'GPU-a', node: 'node-a', namespace: 'gpu-demo', pod: FIRST, container: 'worker' }, 90, 375),
  ...gpu({ UUID: 'GPU-b', node: 'node-b', namespace: 'gpu-demo', pod: SECOND, container: 'worker' }, 70, 125),
  ...gpu({ UUID: 'GPU-c', node: 'node-b', gpu: '1' }, 0, 70),
  ...state(FIRST, 'worker', 'Running'),
  ...state(SECOND, 'worker', 'Running'),
  ...state('cuda-vector-add', 'cuda-vector-add', 'Pending'),
  ...usage(FIRST, 100),
  ...usage(SECOND, 200),
  [`kube_job_spec_completions${JOB}`, constant(2)],
  [`kube_job_status_active${JOB}`, constant(2)],
  [`kube_job_status_succeeded${JOB}`, constant(0)],
  [`kube_job_status_start_time${JOB}`, constant(1800)],
  [`kube_pod_container_status_waiting_reason${WAITING}`, constant(1)],
];
