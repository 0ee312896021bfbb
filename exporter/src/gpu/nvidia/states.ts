/** Names of states by the numbers that the driver gives them; values of labels of state sets. */

/** @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlGpuRecoveryAction.html */
export const RECOVERY_ACTIONS: readonly string[] = [
  'none',
  'gpu_reset',
  'node_reboot',
  'drain_p2p',
  'drain_and_reset',
  'recover_imex_domain',
  'bus_reset',
  'system_reboot',
];

export const COMPUTE_MODES: readonly string[] = ['default', 'exclusive_thread', 'prohibited', 'exclusive_process'];

/** Number 0 says that the GPU is of no fabric. */
export const FABRIC_STATES: readonly string[] = ['not_supported', 'not_started', 'in_progress', 'completed'];

/** Bits of the reasons that keep clocks down, and the value of the label `reason`. */
export const THROTTLE_REASONS: readonly (readonly [bit: number, reason: string])[] = [
  [0x1, 'idle'],
  [0x2, 'application_clocks'],
  [0x4, 'sw_power_cap'],
  [0x8, 'hw_slowdown'],
  [0x10, 'sync_boost'],
  [0x20, 'sw_thermal'],
  [0x40, 'hw_thermal'],
  [0x80, 'hw_power_brake'],
  [0x100, 'display_clocks'],
];
