import type { EntityKind, MetricDefinition, MetricType, Unit } from './definition.js';

/** Says what the metrics of one kind of entity are, in the order: type, unit, help, labels. */
const of =
  (entity: EntityKind) =>
  (type: MetricType, unit: Unit, help: string, labels: readonly string[] = []): MetricDefinition => ({
    entity,
    type,
    unit,
    help,
    labels,
  });

const node = of('node');
const device = of('device');
const instance = of('instance');
const process = of('process');
const pod = of('pod');
const allocation = of('allocation');

/**
 * Every metric of the native schema, in the order of the exposition.
 *
 * Collectors, attribution, exposition, the table in `docs/gpu-metrics.md` and the library's catalogue read this one table.
 * A value that the driver does not have is absent, never 0. Counters of the driver restart with it.
 */
export const CATALOGUE = {
  // The node.
  gpu_driver_info: node('info', 'none', 'Versions of the driver and its libraries', [
    'driver_version',
    'library_version',
    'cuda_version',
  ]),
  gpu_devices_expected: node('gauge', 'none', 'GPUs on the PCI bus of the node, or seen since the exporter started'),
  gpu_devices_visible: node('gauge', 'none', 'GPUs that answered the last collection'),

  // A device: identity and health.
  gpu_up: device('gauge', 'none', 'Whether the GPU answered the last collection', ['pci_bus_id']),
  gpu_status: device('stateset', 'none', 'Why the GPU answers or does not, 1 for the state that holds', [
    'pci_bus_id',
    'status',
  ]),
  gpu_info: device('info', 'none', 'What the GPU is', [
    'pci_bus_id',
    'minor_number',
    'brand',
    'architecture',
    'compute_capability',
    'serial',
    'vbios_version',
    'gsp_firmware_version',
    'numa_node',
    'memory_type',
  ]),

  // Utilization.
  gpu_utilization_ratio: device('gauge', 'ratio', 'Share of time in which at least one kernel ran on the GPU'),
  gpu_memory_controller_utilization_ratio: device(
    'gauge',
    'ratio',
    'Share of time in which the memory of the GPU was read or written',
  ),
  gpu_encoder_utilization_ratio: device('gauge', 'ratio', 'Share of time in which the video encoder was busy'),
  gpu_decoder_utilization_ratio: device('gauge', 'ratio', 'Share of time in which the video decoder was busy'),
  gpu_jpeg_utilization_ratio: device('gauge', 'ratio', 'Share of time in which the JPEG engine was busy'),
  gpu_optical_flow_utilization_ratio: device(
    'gauge',
    'ratio',
    'Share of time in which the optical flow accelerator was busy',
  ),

  // Memory.
  gpu_memory_total_bytes: device('gauge', 'bytes', 'Memory of the GPU'),
  gpu_memory_used_bytes: device(
    'gauge',
    'bytes',
    'Memory of the GPU that is allocated, without what the driver reserves',
  ),
  gpu_memory_free_bytes: device('gauge', 'bytes', 'Memory of the GPU that is free'),
  gpu_memory_reserved_bytes: device('gauge', 'bytes', 'Memory of the GPU that the driver and its firmware reserve'),
  gpu_bar1_memory_total_bytes: device(
    'gauge',
    'bytes',
    'Size of the PCI window through which others reach the memory of the GPU',
  ),
  gpu_bar1_memory_used_bytes: device('gauge', 'bytes', 'Part of the PCI window (BAR1) that is mapped'),
  gpu_bar1_memory_free_bytes: device('gauge', 'bytes', 'Part of the PCI window (BAR1) that is free'),

  // Power and energy.
  gpu_power_watts: device('gauge', 'watts', 'Power that the board draws, over the averaging window of the driver'),
  gpu_power_instant_watts: device('gauge', 'watts', 'Power that the board draws at this moment'),
  gpu_power_average_watts: device('gauge', 'watts', 'Power that the board draws, averaged over one second'),
  gpu_module_power_watts: device('gauge', 'watts', 'Power of the module that the GPU shares with a CPU'),
  gpu_power_limit_watts: device('gauge', 'watts', 'Power limit that is enforced, the least of all limits in force'),
  gpu_power_configured_limit_watts: device(
    'gauge',
    'watts',
    'Power limit that was set by an administrator, or the default',
  ),
  gpu_power_default_limit_watts: device('gauge', 'watts', 'Power limit after a reset'),
  gpu_power_min_limit_watts: device('gauge', 'watts', 'Least power limit that can be set'),
  gpu_power_max_limit_watts: device('gauge', 'watts', 'Greatest power limit that can be set'),
  gpu_energy_joules_total: device('counter', 'joules', 'Energy that the board used since the driver was loaded'),

  // Temperature.
  gpu_temperature_celsius: device('gauge', 'celsius', 'Temperature of a sensor', ['sensor']),
  gpu_temperature_threshold_celsius: device('gauge', 'celsius', 'Temperature at which the driver acts', ['threshold']),
  gpu_temperature_margin_celsius: device('gauge', 'celsius', 'Degrees that are left until the GPU slows down for heat'),

  // Clocks, performance state and throttling.
  gpu_clock_hertz: device('gauge', 'hertz', 'Frequency of a clock', ['clock']),
  gpu_clock_max_hertz: device('gauge', 'hertz', 'Greatest frequency of a clock', ['clock']),
  gpu_performance_state: device('gauge', 'none', 'Performance state, 0 the fastest to 15 the slowest'),
  gpu_throttle_active: device('gauge', 'none', 'Whether a reason keeps the clocks down at this moment', ['reason']),
  gpu_throttle_seconds_total: device('counter', 'seconds', 'Time in which a reason kept the clocks down', ['reason']),
  gpu_fan_speed_ratio: device('gauge', 'ratio', 'Speed of a fan as a share of its greatest; above 1 is possible', [
    'fan',
  ]),

  // PCI Express.
  gpu_pcie_link_generation: device('gauge', 'none', 'PCI Express generation of the link'),
  gpu_pcie_link_max_generation: device('gauge', 'none', 'Greatest PCI Express generation of GPU and slot'),
  gpu_pcie_link_width: device('gauge', 'none', 'Lanes of the PCI Express link'),
  gpu_pcie_link_max_width: device('gauge', 'none', 'Greatest number of lanes of GPU and slot'),
  gpu_pcie_transmit_bytes_total: device('counter', 'bytes', 'Bytes that the GPU sent over PCI Express'),
  gpu_pcie_receive_bytes_total: device('counter', 'bytes', 'Bytes that the GPU received over PCI Express'),
  gpu_pcie_throughput_bytes_per_second: device(
    'gauge',
    'bytes_per_second',
    'Bytes over PCI Express in a window of 20 ms, only where that sampling is switched on',
    ['direction'],
  ),
  gpu_pcie_replays_total: device('counter', 'none', 'Packets that were sent again over PCI Express'),
  gpu_pcie_replay_rollovers_total: device(
    'counter',
    'none',
    'Times that the counter of packets sent again over PCI Express overflowed',
  ),
  gpu_pcie_errors_total: device('counter', 'none', 'Errors of the PCI Express link by type', ['type']),

  // NVLink.
  gpu_nvlink_up: device('gauge', 'none', 'Whether an NVLink is active', ['link']),
  gpu_nvlink_speed_bytes_per_second: device('gauge', 'bytes_per_second', 'Speed of an NVLink in one direction', [
    'link',
  ]),
  gpu_nvlink_transmit_bytes_total: device('counter', 'bytes', 'Bytes that the GPU sent over an NVLink', ['link']),
  gpu_nvlink_receive_bytes_total: device('counter', 'bytes', 'Bytes that the GPU received over an NVLink', ['link']),
  gpu_nvlink_errors_total: device('counter', 'none', 'Errors of an NVLink by type', ['link', 'type']),

  // Memory errors and repairs.
  gpu_ecc_mode_enabled: device('gauge', 'none', 'Whether error correction of the memory is on'),
  gpu_ecc_mode_pending_enabled: device(
    'gauge',
    'none',
    'Whether error correction of the memory is on after the next restart',
  ),
  gpu_ecc_errors_total: device(
    'counter',
    'none',
    'Memory errors, counted since the driver was loaded (volatile) or in the life of the GPU (aggregate)',
    ['error', 'period'],
  ),
  gpu_ecc_location_errors_total: device('counter', 'none', 'Memory errors by the memory in which they arose', [
    'error',
    'period',
    'location',
  ]),
  gpu_ecc_sram_threshold_exceeded: device(
    'gauge',
    'none',
    'Whether uncorrectable errors of the SRAM passed the limit for a replacement',
  ),
  gpu_remapped_rows_total: device('counter', 'none', 'Rows of memory that were replaced by spare ones', ['cause']),
  gpu_row_remap_pending: device('gauge', 'none', 'Whether a row waits for a reset to be replaced'),
  gpu_row_remap_failed: device('gauge', 'none', 'Whether a row could not be replaced'),
  gpu_row_remapper_banks: device('gauge', 'none', 'Banks of memory by how many spare rows they have left', [
    'availability',
  ]),
  gpu_retired_pages_total: device('counter', 'none', 'Pages of memory that are no longer used', ['cause']),
  gpu_retired_pages_pending: device('gauge', 'none', 'Whether a page waits for a restart to be retired'),
  gpu_repair_pending: device('gauge', 'none', 'Whether a repair waits for a reset', ['repair']),
  gpu_recovery_action: device(
    'stateset',
    'none',
    'What the driver asks for to recover the GPU, 1 for the action that holds',
    ['action'],
  ),

  // Modes.
  gpu_compute_mode: device('stateset', 'none', 'Which processes may compute, 1 for the mode that holds', ['mode']),
  gpu_persistence_mode_enabled: device('gauge', 'none', 'Whether the driver stays loaded while nobody uses the GPU'),
  gpu_mig_mode_enabled: device('gauge', 'none', 'Whether the GPU is divided into instances (MIG)'),
  gpu_mig_mode_pending_enabled: device(
    'gauge',
    'none',
    'Whether the GPU is divided into instances after the next reset',
  ),
  gpu_fabric_state: device(
    'stateset',
    'none',
    'Whether the GPU has joined the fabric of NVSwitches, 1 for the state that holds',
    ['state'],
  ),
  gpu_fabric_info: device('info', 'none', 'The fabric that the GPU is part of', ['cluster_uuid', 'clique_id']),
  gpu_fabric_status_code: device('gauge', 'none', 'NVML return code of joining the fabric, 0 for success'),

  // Events.
  gpu_xid_errors_total: device(
    'counter',
    'none',
    'XID errors since the exporter started, by what has to be done about them',
    ['xid', 'class'],
  ),
  gpu_xid_last_timestamp_seconds: device('gauge', 'seconds', 'When an XID error was last reported', ['xid', 'class']),
  gpu_events_total: device('counter', 'none', 'Events of the driver other than XID errors since the exporter started', [
    'event',
  ]),

  // Profiling counters of the hardware.
  gpu_graphics_engine_active_ratio: device(
    'gauge',
    'ratio',
    'Share of time in which the graphics or compute engine was active',
  ),
  gpu_sm_active_ratio: device(
    'gauge',
    'ratio',
    'Share of time in which a multiprocessor had at least one warp, averaged over all',
  ),
  gpu_sm_occupancy_ratio: device('gauge', 'ratio', 'Resident warps as a share of the greatest possible number'),
  gpu_tensor_active_ratio: device('gauge', 'ratio', 'Share of cycles in which the tensor cores were active'),
  gpu_fp64_active_ratio: device('gauge', 'ratio', 'Share of cycles in which the 64-bit floating point pipe was active'),
  gpu_fp32_active_ratio: device('gauge', 'ratio', 'Share of cycles in which the 32-bit floating point pipe was active'),
  gpu_fp16_active_ratio: device('gauge', 'ratio', 'Share of cycles in which the 16-bit floating point pipe was active'),
  gpu_integer_active_ratio: device('gauge', 'ratio', 'Share of cycles in which the integer pipe was active'),
  gpu_dram_active_ratio: device(
    'gauge',
    'ratio',
    'Share of cycles in which the memory interface sent or received data',
  ),
  gpu_engine_active_ratio: device('gauge', 'ratio', 'Share of time in which a media engine was active', ['engine']),
  gpu_pcie_transmit_bytes_per_second: device(
    'gauge',
    'bytes_per_second',
    'Bytes that the GPU sent over PCI Express, from the profiling counters',
  ),
  gpu_pcie_receive_bytes_per_second: device(
    'gauge',
    'bytes_per_second',
    'Bytes that the GPU received over PCI Express, from the profiling counters',
  ),
  gpu_nvlink_transmit_bytes_per_second: device(
    'gauge',
    'bytes_per_second',
    'Bytes that the GPU sent over all NVLinks, from the profiling counters',
  ),
  gpu_nvlink_receive_bytes_per_second: device(
    'gauge',
    'bytes_per_second',
    'Bytes that the GPU received over all NVLinks, from the profiling counters',
  ),

  // What no pod has used, so that the pods of a device and this remainder add up to the device.
  gpu_unattributed_memory_bytes: device('gauge', 'bytes', 'Used memory that belongs to no pod'),
  gpu_unattributed_utilization_ratio: device('gauge', 'ratio', 'Share of GPU time that belongs to no pod'),
  gpu_unattributed_energy_joules_total: device(
    'counter',
    'joules',
    'Energy since the exporter started that belongs to no pod',
  ),

  // A MIG instance.
  gpu_mig_info: instance('info', 'none', 'What the MIG instance is', ['mig_uuid']),
  gpu_mig_memory_total_bytes: instance('gauge', 'bytes', 'Memory of the MIG instance'),
  gpu_mig_memory_used_bytes: instance('gauge', 'bytes', 'Memory of the MIG instance that is allocated'),
  gpu_mig_memory_free_bytes: instance('gauge', 'bytes', 'Memory of the MIG instance that is free'),
  gpu_mig_memory_reserved_bytes: instance('gauge', 'bytes', 'Memory of the MIG instance that the driver reserves'),
  gpu_mig_multiprocessors: instance('gauge', 'none', 'Multiprocessors of the MIG instance'),
  gpu_mig_graphics_engine_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of time in which the graphics or compute engine of the MIG instance was active',
  ),
  gpu_mig_sm_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of time in which a multiprocessor of the MIG instance had at least one warp',
  ),
  gpu_mig_sm_occupancy_ratio: instance(
    'gauge',
    'ratio',
    'Resident warps of the MIG instance as a share of the greatest possible number',
  ),
  gpu_mig_tensor_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the tensor cores of the MIG instance were active',
  ),
  gpu_mig_fp64_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the 64-bit floating point pipe of the MIG instance was active',
  ),
  gpu_mig_fp32_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the 32-bit floating point pipe of the MIG instance was active',
  ),
  gpu_mig_fp16_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the 16-bit floating point pipe of the MIG instance was active',
  ),
  gpu_mig_integer_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the integer pipe of the MIG instance was active',
  ),
  gpu_mig_dram_active_ratio: instance(
    'gauge',
    'ratio',
    'Share of cycles in which the memory interface of the MIG instance sent or received data',
  ),
  gpu_mig_pcie_transmit_bytes_per_second: instance(
    'gauge',
    'bytes_per_second',
    'Bytes that the MIG instance sent over PCI Express',
  ),
  gpu_mig_pcie_receive_bytes_per_second: instance(
    'gauge',
    'bytes_per_second',
    'Bytes that the MIG instance received over PCI Express',
  ),

  // A process on a device or a MIG instance.
  gpu_process_info: process('info', 'none', 'What the process is', ['process_name', 'user', 'type']),
  gpu_process_start_time_seconds: process('gauge', 'seconds', 'When the process started'),
  gpu_process_memory_used_bytes: process('gauge', 'bytes', 'Memory of the GPU that the process has allocated'),
  gpu_process_sm_utilization_ratio: process(
    'gauge',
    'ratio',
    'Share of GPU time of the process since the last collection',
  ),
  gpu_process_memory_utilization_ratio: process(
    'gauge',
    'ratio',
    'Share of time in which the process read or wrote memory of the GPU since the last collection',
  ),
  gpu_process_encoder_utilization_ratio: process(
    'gauge',
    'ratio',
    'Share of time of the video encoder that the process used since the last collection',
  ),
  gpu_process_decoder_utilization_ratio: process(
    'gauge',
    'ratio',
    'Share of time of the video decoder that the process used since the last collection',
  ),

  // What a container of a pod has and uses of a device or a MIG instance.
  gpu_pod_allocation_info: pod('info', 'none', 'The container may use the device, and through which resource', [
    'resource',
    'device_id',
  ]),
  gpu_pod_memory_used_bytes: pod('gauge', 'bytes', 'Memory of the GPU that the container has allocated'),
  gpu_pod_utilization_ratio: pod(
    'gauge',
    'ratio',
    'Share of GPU time that the container used since the last collection',
  ),
  gpu_pod_energy_joules_total: pod(
    'counter',
    'joules',
    'Energy of the GPU since the exporter started that falls to the container',
  ),
  gpu_pod_allocated_seconds_total: pod(
    'counter',
    'seconds',
    'Time since the exporter started in which the container had the GPU',
  ),
  gpu_pod_idle_seconds_total: pod(
    'counter',
    'seconds',
    'Time since the exporter started in which the container had the GPU and did not use it',
  ),

  // What a container of a pod has, over all devices.
  gpu_pod_allocated_devices: allocation(
    'gauge',
    'none',
    'Devices, MIG instances or replicas of either that the container was given',
    ['resource'],
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric of the native schema. */
export type MetricName = keyof typeof CATALOGUE;

/** Definition of a metric. */
export const definitionOf = (name: MetricName): MetricDefinition => CATALOGUE[name];
