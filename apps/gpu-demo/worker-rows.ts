import type { Row } from './dashboard';
import { bars, timeSeries } from './panel';
import { GPU, perGpu, perWorker, spread, traffic, WORKER, worker } from './worker-queries';

/** Which worker the others wait for. */
export function skewRow(): Row {
  return {
    title: 'Skew between the workers',
    panels: [
      timeSeries({
        title: 'Spread',
        description:
          'How far the lowest worker is below the highest. All workers do the same work, so 0 % is as it should be.',
        unit: 'percentunit',
        queries: [
          { expr: spread('DCGM_FI_DEV_GPU_UTIL'), legend: 'utilization' },
          { expr: spread('DCGM_FI_PROF_SM_ACTIVE'), legend: 'SM activity' },
          { expr: spread('DCGM_FI_DEV_POWER_USAGE'), legend: 'power' },
          { expr: spread('DCGM_FI_DEV_SM_CLOCK'), legend: 'clock' },
          { expr: spread('DCGM_FI_DEV_FB_USED'), legend: 'memory' },
        ],
        min: 0,
        max: 1,
      }),
      timeSeries({
        title: 'Utilization against the mean',
        description: 'How far each worker is above or below the mean of all, in points of utilization.',
        unit: 'percent',
        queries: [
          {
            expr: `${perWorker('DCGM_FI_DEV_GPU_UTIL')} - scalar(avg(${perWorker('DCGM_FI_DEV_GPU_UTIL')}))`,
            legend: WORKER,
          },
        ],
      }),
      timeSeries({
        title: 'Power against the mean',
        description:
          'How much more or less each worker draws than the mean of all. Those below it most often wait; the one above ' +
          'it, or the one with a low clock, is whom they wait for.',
        unit: 'percentunit',
        queries: [
          {
            expr: `${perWorker('DCGM_FI_DEV_POWER_USAGE')} / scalar(avg(${perWorker('DCGM_FI_DEV_POWER_USAGE')})) - 1`,
            legend: WORKER,
          },
        ],
      }),
      bars({
        title: 'Mean power in the time range',
        description: 'Of the GPUs of each worker.',
        unit: 'watt',
        queries: [
          { expr: `avg by (pod) (avg_over_time(${worker('DCGM_FI_DEV_POWER_USAGE')}[$__range]))`, legend: WORKER },
        ],
        min: 0,
      }),
    ],
  };
}

/** What goes between the workers. */
export function trafficRow(): Row {
  return {
    title: 'Traffic of the workers',
    panels: [
      timeSeries({
        title: 'Received',
        description: 'Over the network of the pods. RDMA and NVLink are not in it.',
        unit: 'Bps',
        queries: [{ expr: traffic('container_network_receive_bytes_total'), legend: WORKER }],
        min: 0,
      }),
      timeSeries({
        title: 'Sent',
        description: 'Over the network of the pods. RDMA and NVLink are not in it.',
        unit: 'Bps',
        queries: [{ expr: traffic('container_network_transmit_bytes_total'), legend: WORKER }],
        min: 0,
      }),
      timeSeries({
        title: 'Packets lost',
        description: 'Packets that were dropped or broken, in either direction; each has all workers wait.',
        unit: 'pps',
        queries: [
          {
            expr: [
              'container_network_receive_packets_dropped_total',
              'container_network_receive_errors_total',
              'container_network_transmit_packets_dropped_total',
              'container_network_transmit_errors_total',
            ]
              .map(traffic)
              .join(' + '),
            legend: WORKER,
          },
        ],
        min: 0,
      }),
      timeSeries({
        title: 'PCIe',
        description:
          'Between each GPU and its node. Absent unless dcgm-exporter collects the performance counters ' +
          'DCGM_FI_PROF_PCIE_TX_BYTES and DCGM_FI_PROF_PCIE_RX_BYTES.',
        unit: 'Bps',
        queries: [
          { expr: perGpu('DCGM_FI_PROF_PCIE_RX_BYTES'), legend: `${GPU} to the GPU` },
          { expr: perGpu('DCGM_FI_PROF_PCIE_TX_BYTES'), legend: `${GPU} from the GPU` },
        ],
        min: 0,
      }),
    ],
  };
}

/** What the workers use of their nodes beside the GPUs. */
export function hostRow(): Row {
  return {
    title: 'Processors and memory of the workers',
    panels: [
      timeSeries({
        title: 'CPUs',
        description: 'CPUs that each worker uses. One that is short of them cannot feed its GPUs.',
        unit: 'none',
        queries: [
          {
            expr: `sum by (pod) (rate(${worker('container_cpu_usage_seconds_total', ', container!=""')}[$__rate_interval]))`,
            legend: WORKER,
          },
        ],
        min: 0,
      }),
      timeSeries({
        title: 'Memory',
        description: 'Working set of each worker, shared memory included; at the limit it is killed.',
        unit: 'bytes',
        queries: [
          {
            expr: `sum by (pod) (${worker('container_memory_working_set_bytes', ', container!=""')})`,
            legend: WORKER,
          },
        ],
        min: 0,
      }),
    ],
  };
}
