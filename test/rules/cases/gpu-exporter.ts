import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

const EXPORTER = { job: 'gpu-exporter', instance: '10.0.0.1:9836', node: 'gpu-1' };
const VENDOR = { vendor: 'nvidia' };
const GPU = { ...VENDOR, gpu: '0', uuid: 'GPU-a' };
const ADDRESS = { pci_bus_id: '0000:1b:00.0' };
const NAMED = 'GPU 0 (GPU-a) of node gpu-1';
const GIB = 1024 ** 3;

const own = (metric: string, samples: Samples, ...labels: readonly Labels[]): Series => [
  series(`gpu_exporter_${metric}`, EXPORTER, ...labels),
  samples,
];
const gpu = (metric: string, samples: Samples, ...labels: readonly Labels[]): Series => [
  series(`gpu_${metric}`, EXPORTER, GPU, ...labels),
  samples,
];
/** The GPU as labels of an alert. */
const ALERT = { ...EXPORTER, ...GPU };

const SELF: readonly RuleCase[] = [
  {
    alert: 'GpuExporterDown',
    fires: {
      series: [
        [series('up', EXPORTER), 0],
        [series('up', EXPORTER, { instance: '10.0.0.2:9836' }), 0],
      ],
      labels: { job: 'gpu-exporter' },
      says: 'Prometheus cannot scrape the GPU exporter on any node, so nothing is known about the GPUs.',
    },
    // A cluster without a GPU at this moment has no target either, and one that answers is enough.
    quiet: {
      series: [
        [series('up', EXPORTER), 0],
        [series('up', EXPORTER, { instance: '10.0.0.2:9836' }), 1],
      ],
    },
  },
  {
    alert: 'GpuExporterInstanceUnreachable',
    fires: {
      series: [[series('up', EXPORTER), 0]],
      labels: EXPORTER,
      says: 'Prometheus cannot scrape the GPU exporter of node gpu-1 at 10.0.0.1:9836.',
    },
    quiet: { series: [[series('up', EXPORTER), '1x140 0x10']] },
  },
  {
    alert: 'GpuDriverDown',
    fires: {
      series: [own('driver_up', 0, VENDOR, { reason: 'driver_not_loaded' })],
      labels: { ...EXPORTER, ...VENDOR, reason: 'driver_not_loaded' },
      says: 'The nvidia driver of node gpu-1 does not answer (driver_not_loaded), so nothing is known about its GPUs.',
    },
    quiet: { series: [own('driver_up', 0, VENDOR, { reason: 'released' })] },
  },
  {
    alert: 'GpuDriverHung',
    fires: {
      series: [own('abandoned_processes', 2, VENDOR)],
      labels: { ...EXPORTER, ...VENDOR },
      says: 'Processes of the GPU exporter on node gpu-1 that hang in the nvidia driver and cannot be ended: 2. Other programs that ask the driver hang as well.',
    },
    quiet: { series: [own('abandoned_processes', '0x130 1x10 0x20', VENDOR)] },
  },
  {
    alert: 'GpuExporterStale',
    fires: {
      series: [own('collection_age_seconds', 600, VENDOR), own('driver_up', 1, VENDOR)],
      labels: { ...EXPORTER, ...VENDOR },
      says: 'The values of the nvidia GPUs of node gpu-1 are 10m 0s old. They are no longer shown after a while.',
    },
    // GpuDriverDown says it already.
    quiet: {
      series: [own('collection_age_seconds', 600, VENDOR), own('driver_up', 0, VENDOR, { reason: 'released' })],
    },
  },
  {
    alert: 'GpuExporterRestarting',
    fires: {
      series: [own('collector_restarts_total', growing(0.1), VENDOR, { reason: 'hung' })],
      labels: { ...EXPORTER, ...VENDOR, reason: 'hung' },
      says: 'Times that the process which asks the nvidia driver of node gpu-1 was replaced in an hour: 6 (hung).',
    },
    quiet: {
      series: [
        own('collector_restarts_total', growing(0.1), VENDOR, { reason: 'driver' }),
        own('collector_restarts_total', growing(0.02), VENDOR, { reason: 'hung' }),
      ],
    },
  },
  {
    alert: 'GpuExporterCollectorFailing',
    fires: {
      series: [own('collector_success', 0, VENDOR, ADDRESS, { collector: 'ecc' }), gpu('up', 1, ADDRESS)],
      labels: { ...EXPORTER, ...VENDOR, ...ADDRESS, collector: 'ecc' },
      says: 'The collector ecc of the GPU exporter on node gpu-1 fails for GPU 0000:1b:00.0. Its metrics are missing.',
    },
    // GpuLost says it already.
    quiet: { series: [own('collector_success', 0, VENDOR, ADDRESS, { collector: 'ecc' }), gpu('up', 0, ADDRESS)] },
  },
  {
    alert: 'GpuExporterSourceDown',
    fires: {
      series: [own('source_up', 0, { source: 'pod-resources' })],
      labels: { ...EXPORTER, source: 'pod-resources' },
      says: 'The source pod-resources of the GPU exporter on node gpu-1 does not answer. Series lose what it alone knows of pods.',
    },
    quiet: { series: [own('source_up', '1x141 0x9', { source: 'pod-resources' })] },
  },
  {
    alert: 'GpuExporterSeriesDropped',
    fires: {
      series: [
        own('series_dropped_total', growing(5), { profile: 'native', metric: 'gpu_process_info' }),
        own('series_dropped_total', growing(5), { profile: 'native', metric: 'gpu_process_memory_used_bytes' }),
      ],
      labels: { ...EXPORTER, profile: 'native' },
      says: 'The GPU exporter of node gpu-1 has more series of the profile native than its limit allows.',
    },
    quiet: { series: [own('series_dropped_total', 500, { profile: 'native', metric: 'gpu_process_info' })] },
  },
];

const HEALTH: readonly RuleCase[] = [
  {
    alert: 'GpuLost',
    fires: {
      series: [
        gpu('status', 1, ADDRESS, { status: 'lost' }),
        gpu('status', 0, ADDRESS, { status: 'ok' }),
        own('driver_up', 1, VENDOR),
      ],
      labels: { ...ALERT, ...ADDRESS, status: 'lost' },
      says: 'The nvidia GPU at 0000:1b:00.0 of node gpu-1 does not answer: lost.',
    },
    // GpuDriverDown says it for all of them.
    quiet: {
      series: [
        gpu('status', 1, ADDRESS, { status: 'missing' }),
        own('driver_up', 0, VENDOR, { reason: 'driver_not_loaded' }),
      ],
    },
  },
  {
    alert: 'GpuMissing',
    fires: {
      series: [
        [series('gpu_devices_expected', EXPORTER, VENDOR), '8x100 _x100'],
        [series('gpu_devices_expected', EXPORTER, VENDOR, { instance: '10.0.0.9:9836' }), '_x101 7x100'],
      ],
      labels: { job: 'gpu-exporter', node: 'gpu-1', ...VENDOR },
      says: 'nvidia GPUs of node gpu-1 that were there within the last day and are no longer on its PCI bus: 1.',
    },
    quiet: {
      series: [
        [series('gpu_devices_expected', EXPORTER, VENDOR), '8x100 _x100'],
        [series('gpu_devices_expected', EXPORTER, VENDOR, { instance: '10.0.0.9:9836' }), '_x101 8x100'],
      ],
    },
  },
  {
    alert: 'GpuRecoveryActionNeeded',
    fires: {
      series: [gpu('recovery_action', 1, { action: 'gpu_reset' }), gpu('recovery_action', 0, { action: 'none' })],
      labels: { ...ALERT, action: 'gpu_reset' },
      says: `To recover ${NAMED}, the driver asks for: gpu_reset.`,
    },
    quiet: {
      series: [gpu('recovery_action', 0, { action: 'gpu_reset' }), gpu('recovery_action', 1, { action: 'none' })],
    },
  },
  {
    alert: 'GpuXidErrorCritical',
    fires: {
      series: [gpu('xid_errors_total', '0x140 1x20', { xid: '79', class: 'reboot' })],
      labels: { ...ALERT, xid: '79', class: 'reboot' },
      says: `The driver reported XID 79 (reboot) for ${NAMED} within 15 minutes.`,
    },
    quiet: {
      series: [
        gpu('xid_errors_total', '0x140 1x20', { xid: '31', class: 'application' }),
        gpu('xid_errors_total', 1, { xid: '79', class: 'reboot' }),
      ],
    },
  },
  {
    alert: 'GpuXidErrorHardware',
    fires: {
      series: [gpu('xid_errors_total', '0x140 1x20', { xid: '92', class: 'hardware' })],
      labels: { ...ALERT, xid: '92', class: 'hardware' },
      says: `The driver reported XID 92 (hardware) for ${NAMED} within 15 minutes.`,
    },
    quiet: { series: [gpu('xid_errors_total', '0x140 1x20', { xid: '79', class: 'reboot' })] },
  },
  {
    alert: 'GpuXidErrorApplication',
    fires: {
      series: [gpu('xid_errors_total', '0x140 1x20', { xid: '31', class: 'application' })],
      labels: { ...ALERT, xid: '31', class: 'application' },
      says: `The driver reported XID 31 (application) for ${NAMED} within 15 minutes.`,
    },
    quiet: { series: [gpu('xid_errors_total', '0x100 1x60', { xid: '31', class: 'application' })] },
  },
  {
    alert: 'GpuFabricNotReady',
    fires: {
      series: [gpu('fabric_state', 1, { state: 'in_progress' }), gpu('fabric_state', 0, { state: 'completed' })],
      labels: { ...ALERT, state: 'in_progress' },
      says: `${NAMED} has not joined the fabric of NVSwitches (in_progress). CUDA programs cannot start on it.`,
    },
    quiet: { series: [gpu('fabric_state', 1, { state: 'not_supported' })] },
  },
];

const MEMORY_ERRORS: readonly RuleCase[] = [
  {
    alert: 'GpuMemoryUncorrectableErrors',
    fires: {
      series: [gpu('ecc_errors_total', '0x120 1x40', { error: 'uncorrected', period: 'volatile' })],
      labels: { ...ALERT, error: 'uncorrected', period: 'volatile' },
      says: `Memory errors of ${NAMED} in an hour that could not be corrected: 1. What ran on it may have wrong results.`,
    },
    quiet: {
      series: [
        gpu('ecc_errors_total', growing(1), { error: 'corrected', period: 'volatile' }),
        gpu('ecc_errors_total', 3, { error: 'uncorrected', period: 'volatile' }),
      ],
    },
  },
  {
    alert: 'GpuReplacementNeeded',
    fires: {
      series: [gpu('row_remap_failed', 0), gpu('ecc_sram_threshold_exceeded', 1)],
      labels: ALERT,
      says: `${NAMED} has no spare rows left for broken ones, or too many errors in its SRAM.`,
    },
    quiet: { series: [gpu('row_remap_failed', 0), gpu('ecc_sram_threshold_exceeded', 0)] },
  },
  {
    alert: 'GpuRepairPending',
    fires: {
      series: [gpu('row_remap_pending', 1)],
      labels: ALERT,
      says: `${NAMED} found broken memory, and takes it out of use with the next reset.`,
    },
    quiet: { series: [gpu('row_remap_pending', 0), gpu('retired_pages_pending', 0)] },
  },
];

const PERFORMANCE: readonly RuleCase[] = [
  {
    alert: 'GpuThrottledByHeat',
    fires: {
      series: [
        gpu('throttle_seconds_total', growing(15), { reason: 'thermal' }),
        gpu('throttle_seconds_total', growing(6), { reason: 'hw_thermal' }),
      ],
      labels: ALERT,
      says: `Heat keeps the clocks of ${NAMED} down for 25% of the time.`,
    },
    quiet: {
      series: [
        gpu('throttle_seconds_total', growing(60), { reason: 'sw_power_cap' }),
        gpu('throttle_seconds_total', growing(3), { reason: 'thermal' }),
      ],
    },
  },
  {
    alert: 'GpuThrottledByPowerBrake',
    fires: {
      // A driver that counts no time of this reason.
      series: [gpu('throttle_active', 1, { reason: 'hw_power_brake' })],
      labels: ALERT,
      says: `The power supply of the node keeps the clocks of ${NAMED} down for 100% of the time.`,
    },
    quiet: { series: [gpu('throttle_active', 1, { reason: 'sw_power_cap' })] },
  },
  {
    alert: 'GpuPcieLinkDegraded',
    fires: {
      series: [
        gpu('pcie_link_width', 8),
        gpu('pcie_link_max_width', 16),
        gpu('pcie_link_generation', 4),
        gpu('pcie_link_max_generation', 5),
        gpu('utilization_ratio', 0.9),
      ],
      labels: ALERT,
      says: `The PCI Express link of ${NAMED} has 25% of its greatest bandwidth while the GPU is busy.`,
    },
    // It saves power.
    quiet: {
      series: [
        gpu('pcie_link_width', 16),
        gpu('pcie_link_max_width', 16),
        gpu('pcie_link_generation', 1),
        gpu('pcie_link_max_generation', 5),
        gpu('utilization_ratio', 0),
      ],
    },
  },
  {
    alert: 'GpuNvLinkDown',
    fires: {
      series: [gpu('nvlink_up', '1x100 0x60', { link: '3' })],
      labels: { job: 'gpu-exporter', node: 'gpu-1', ...GPU, link: '3' },
      says: `NVLink 3 of ${NAMED} is down, and was up within the last day.`,
    },
    quiet: { series: [gpu('nvlink_up', 0, { link: '3' })] },
  },
  {
    alert: 'GpuNvLinkErrors',
    fires: {
      series: [gpu('nvlink_errors_total', growing(1), { link: '3', type: 'replay' })],
      labels: { ...ALERT, link: '3', type: 'replay' },
      says: 'Errors (replay) of NVLink 3 of GPU 0 of node gpu-1 in an hour: 60.',
    },
    quiet: {
      series: [
        gpu('nvlink_errors_total', growing(100), { link: '3', type: 'symbol' }),
        gpu('nvlink_errors_total', growing(0.1), { link: '3', type: 'replay' }),
      ],
    },
  },
];

const POD = { namespace: 'ml', pod: 'train-0' };
const seconds = (what: string, samples: Samples): Series =>
  gpu(`pod_${what}_seconds_total`, samples, POD, { container: 'main' });

const USAGE: readonly RuleCase[] = [
  {
    alert: 'GpuMemoryAlmostFull',
    fires: {
      series: [gpu('memory_free_bytes', 0.8 * GIB), gpu('memory_total_bytes', 80 * GIB)],
      labels: ALERT,
      says: `${NAMED} has 1% of its memory left. Frameworks that take all of it at once are no cause for concern.`,
    },
    quiet: { series: [gpu('memory_free_bytes', 2 * GIB), gpu('memory_total_bytes', 80 * GIB)] },
  },
  {
    alert: 'GpuPodIdle',
    fires: {
      series: [
        seconds('idle', growing(60)),
        seconds('allocated', growing(60)),
        [series('gpu_pod_idle_seconds_total', EXPORTER, GPU, { uuid: 'GPU-b' }, POD), growing(60)],
        [series('gpu_pod_allocated_seconds_total', EXPORTER, GPU, { uuid: 'GPU-b' }, POD), growing(60)],
      ],
      labels: { node: 'gpu-1', ...POD },
      says: 'Pod ml/train-0 has had GPUs of node gpu-1 for more than an hour, idle for 100% of the time. Others may wait for them.',
    },
    // One of two GPUs is used.
    quiet: {
      series: [
        seconds('idle', growing(60)),
        seconds('allocated', growing(60)),
        [series('gpu_pod_idle_seconds_total', EXPORTER, GPU, { uuid: 'GPU-b' }, POD), growing(0)],
        [series('gpu_pod_allocated_seconds_total', EXPORTER, GPU, { uuid: 'GPU-b' }, POD), growing(60)],
      ],
    },
  },
];

export const GPU_EXPORTER_CASES: readonly RuleCase[] = [...SELF, ...HEALTH, ...MEMORY_ERRORS, ...PERFORMANCE, ...USAGE];
