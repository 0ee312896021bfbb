/** The event of an XID error in `DeviceEvent.event` and `DeviceSample.supportedEvents`. */
export const XID_EVENT = 'xid';

/** Bit of XID errors. */
export const XID_EVENT_TYPE = 0x8;

/** Bit of a change of MIG instances. */
export const MIG_CONFIG_CHANGE = 'mig_config_change';

/**
 * Event types by bit, named as NVML's constants are.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlEventType.html
 */
export const EVENT_NAMES: ReadonlyMap<number, string> = new Map([
  [0x1, 'single_bit_ecc_error'],
  [0x2, 'double_bit_ecc_error'],
  [0x4, 'pstate'],
  [XID_EVENT_TYPE, XID_EVENT],
  [0x10, 'clock'],
  [0x80, 'power_source_change'],
  [0x100, MIG_CONFIG_CHANGE],
  [0x200, 'single_bit_ecc_error_storm'],
  [0x400, 'dram_retirement_event'],
  [0x800, 'dram_retirement_failure'],
  [0x1000, 'non_fatal_poison_error'],
  [0x2000, 'fatal_poison_error'],
  [0x4000, 'gpu_unavailable_error'],
  [0x8000, 'gpu_recovery_action'],
]);

/** Names of the events among the bits of a mask. */
export function eventNamesOf(mask: number): string[] {
  return [...EVENT_NAMES].flatMap(([bit, name]) => ((mask & bit) === 0 ? [] : [name]));
}

/** All bits that have a name. */
export const ALL_EVENTS: number = [...EVENT_NAMES.keys()].reduce((mask, bit) => mask | bit, 0);
