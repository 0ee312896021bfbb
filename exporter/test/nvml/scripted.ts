/** A board whose values the library knows. */
export type Preset = 'h100' | 'a100' | 't4' | 'rtx4090' | 'gb10';

/** A value as the script spells it: a number, or one of the spellings of README.md such as `1000+50/s` or `unsupported`. */
export type Scalar = number | bigint | string;

/** Types of field values, in the order of NVML's constants. */
export type FieldValueType = 'double' | 'uint' | 'ulong' | 'ull' | 'sll' | 'int' | 'ushort';

/** A device in a slot. */
export interface ScriptedDevice {
  /** @default the slot after the last */
  readonly slot?: number;
  /** @default h100 */
  readonly preset?: Preset;
  readonly values?: Readonly<Record<string, Scalar>>;
}

/** A process on a device. */
export interface ScriptedProcess {
  readonly pid: number;
  /** @default compute */
  readonly type?: 'compute' | 'graphics' | 'mps';
  /** Bytes, or `n/a`. @default n/a */
  readonly memory?: Scalar;
  /** Percent; a process without any share has no samples of utilization. */
  readonly sm?: Scalar;
  readonly mem?: Scalar;
  readonly enc?: Scalar;
  readonly dec?: Scalar;
  readonly jpg?: Scalar;
  readonly ofa?: Scalar;
  readonly gi?: number;
  readonly ci?: number;
  /** Its pid in the caller's namespace, for `pids caller`. */
  readonly ns?: number;
  readonly name?: string;
}

/** A MIG device. */
export interface ScriptedMig {
  readonly index: number;
  readonly gi: number;
  readonly ci?: number;
  /** Such as `1g.10gb`. */
  readonly profile: string;
  readonly uuid?: string;
  readonly memoryTotal?: Scalar;
  readonly memoryUsed?: Scalar;
  readonly memoryReserved?: Scalar;
  /** Numbers of README.md: `sm`, `copy`, `decoders`, `gi_slices`, `profile_id` and so on. */
  readonly attributes?: Readonly<Record<string, number>>;
  readonly name?: string;
}

/** An event. */
export interface ScriptedEvent {
  readonly slot: number;
  /** One bit of NVML's event types. */
  readonly type: number;
  readonly data?: Scalar;
  readonly gi?: number;
  readonly ci?: number;
  /** Unix time; only sets that were registered before it get the event. @default any set gets it */
  readonly after?: number;
}

/** What a rule is about: a slot, all, functions without a device, MIG devices of all or of one slot. */
export type RuleTarget = number | '*' | 'system' | 'mig' | `mig:${number}`;

/** State of the driver as a whole, or a return code. */
export type DriverState = 'ok' | 'not_loaded' | 'no_permission' | 'mismatch' | 'unknown' | number;
