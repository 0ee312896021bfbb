import type { Argument } from './native-library.js';

/** How many bytes of a buffer a function may have written: a number, or what its arguments say. */
export type Extent = number | ((args: readonly Argument[]) => number);

/** A buffer by address: what of it the function reads, and how much it writes. */
export interface BufferParameter {
  readonly kind: 'buffer';
  readonly written: Extent;
  /** What the answer depends on: the version word of a structure, ids of fields. Absent where nothing is read. */
  readonly input?: (buffer: Buffer, args: readonly Argument[]) => Buffer;
}

/** A number or pointer by value. */
export interface ScalarParameter {
  readonly kind: 'pointer' | 'u32' | 'i32' | 'u64';
  /** Whether the answer is a question of the moment, such as a time stamp, so that a recording must not be keyed by it. */
  readonly volatile?: boolean;
}

export type Parameter = BufferParameter | ScalarParameter;

const POINTER: ScalarParameter = { kind: 'pointer' };
const U32: ScalarParameter = { kind: 'u32' };
const I32: ScalarParameter = { kind: 'i32' };
const U64: ScalarParameter = { kind: 'u64' };
const MOMENT: ScalarParameter = { kind: 'u64', volatile: true };

/** A value that the function writes. */
const out = (bytes: number): BufferParameter => ({ kind: 'buffer', written: bytes });

/** A structure whose first bytes say which version is asked, and at times of what. */
const versioned = (bytes: number, read = 4): BufferParameter => ({
  kind: 'buffer',
  written: bytes,
  input: (buffer) => buffer.subarray(0, read),
});

/** A text buffer as long as an argument says. */
const string = (lengthAt: number): BufferParameter => ({ kind: 'buffer', written: (args) => Number(args[lengthAt]) });

/** An array with as many elements as a buffer of 32 bits holds after the call. */
const array = (elementBytes: number, countAt: number): BufferParameter => ({
  kind: 'buffer',
  written: (args) => {
    const count = args[countAt];
    return count instanceof Buffer ? count.readUInt32LE(0) * elementBytes : 0;
  },
});

const FIELD_VALUE = 40;
const GPM_HEADER = 24;
const GPM_METRIC = 40;

/** Field values: each entry asks for an id and a scope. */
const FIELD_VALUES: BufferParameter = {
  kind: 'buffer',
  written: (args) => Number(args[1]) * FIELD_VALUE,
  input: (buffer, args) => {
    const asked = Buffer.alloc(Number(args[1]) * 8);
    for (let entry = 0; entry * 8 < asked.length; entry += 1) {
      buffer.copy(asked, entry * 8, entry * FIELD_VALUE, entry * FIELD_VALUE + 8);
    }
    return asked;
  },
};

/** Profiling metrics: which ones, between which samples. */
const GPM_METRICS: BufferParameter = {
  kind: 'buffer',
  written: (args) => (args[0] instanceof Buffer ? GPM_HEADER + args[0].readUInt32LE(4) * GPM_METRIC : 0),
  input: (buffer) => {
    const count = buffer.readUInt32LE(4);
    const asked = Buffer.alloc(GPM_HEADER + count * 4);
    buffer.copy(asked, 0, 0, GPM_HEADER);
    for (let metric = 0; metric < count; metric += 1) {
      buffer.copy(
        asked,
        GPM_HEADER + metric * 4,
        GPM_HEADER + metric * GPM_METRIC,
        GPM_HEADER + metric * GPM_METRIC + 4,
      );
    }
    return asked;
  },
};

const ofDevice = (...rest: readonly Parameter[]): readonly Parameter[] => [POINTER, ...rest];
const deviceU32 = ofDevice(out(4));
const deviceU64 = ofDevice(out(8));
const deviceString = ofDevice(string(2), U32);
const deviceUtilization = ofDevice(out(4), out(4));
const processes = (elementBytes: number) => ofDevice(out(4), array(elementBytes, 1));

/**
 * Parameters of every function of NVML that is called; each returns a status.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/
 */
export const SIGNATURES = {
  nvmlInit_v2: [],
  nvmlInitWithFlags: [U32],
  nvmlShutdown: [],
  nvmlSystemGetDriverVersion: [string(1), U32],
  nvmlSystemGetNVMLVersion: [string(1), U32],
  nvmlSystemGetCudaDriverVersion_v2: [out(4)],

  nvmlDeviceGetCount_v2: [out(4)],
  nvmlDeviceGetHandleByIndex_v2: [U32, out(8)],
  nvmlDeviceGetUUID: deviceString,
  nvmlDeviceGetName: deviceString,
  nvmlDeviceGetSerial: deviceString,
  nvmlDeviceGetVbiosVersion: deviceString,
  nvmlDeviceGetGspFirmwareVersion: ofDevice(out(80)),
  nvmlDeviceGetBrand: deviceU32,
  nvmlDeviceGetMinorNumber: deviceU32,
  nvmlDeviceGetIndex: deviceU32,
  nvmlDeviceGetPciInfo_v3: ofDevice(out(68)),
  nvmlDeviceGetArchitecture: deviceU32,
  nvmlDeviceGetCudaComputeCapability: ofDevice(out(4), out(4)),
  nvmlDeviceGetNumaNodeId: deviceU32,

  nvmlDeviceGetUtilizationRates: ofDevice(out(8)),
  nvmlDeviceGetEncoderUtilization: deviceUtilization,
  nvmlDeviceGetDecoderUtilization: deviceUtilization,
  nvmlDeviceGetJpgUtilization: deviceUtilization,
  nvmlDeviceGetOfaUtilization: deviceUtilization,
  nvmlDeviceGetMemoryInfo: ofDevice(out(24)),
  nvmlDeviceGetMemoryInfo_v2: ofDevice(versioned(40)),
  nvmlDeviceGetBAR1MemoryInfo: ofDevice(out(24)),

  nvmlDeviceGetPowerUsage: deviceU32,
  nvmlDeviceGetTotalEnergyConsumption: deviceU64,
  nvmlDeviceGetEnforcedPowerLimit: deviceU32,
  nvmlDeviceGetPowerManagementLimit: deviceU32,
  nvmlDeviceGetPowerManagementDefaultLimit: deviceU32,
  nvmlDeviceGetPowerManagementLimitConstraints: ofDevice(out(4), out(4)),

  nvmlDeviceGetTemperature: ofDevice(U32, out(4)),
  nvmlDeviceGetTemperatureV: ofDevice(versioned(12, 8)),
  nvmlDeviceGetMarginTemperature: ofDevice(versioned(8)),
  nvmlDeviceGetTemperatureThreshold: ofDevice(U32, out(4)),
  nvmlDeviceGetNumFans: deviceU32,
  nvmlDeviceGetFanSpeed_v2: ofDevice(U32, out(4)),

  nvmlDeviceGetClockInfo: ofDevice(U32, out(4)),
  nvmlDeviceGetMaxClockInfo: ofDevice(U32, out(4)),
  nvmlDeviceGetPerformanceState: deviceU32,
  nvmlDeviceGetCurrentClocksEventReasons: deviceU64,
  nvmlDeviceGetCurrentClocksThrottleReasons: deviceU64,
  nvmlDeviceGetViolationStatus: ofDevice(U32, out(16)),

  nvmlDeviceGetPcieThroughput: ofDevice(U32, out(4)),
  nvmlDeviceGetPcieReplayCounter: deviceU32,
  nvmlDeviceGetCurrPcieLinkGeneration: deviceU32,
  nvmlDeviceGetCurrPcieLinkWidth: deviceU32,
  nvmlDeviceGetMaxPcieLinkGeneration: deviceU32,
  nvmlDeviceGetMaxPcieLinkWidth: deviceU32,

  nvmlDeviceGetFieldValues: ofDevice(I32, FIELD_VALUES),

  nvmlDeviceGetNvLinkState: ofDevice(U32, out(4)),
  nvmlDeviceGetNvLinkErrorCounter: ofDevice(U32, U32, out(8)),

  nvmlDeviceGetEccMode: ofDevice(out(4), out(4)),
  nvmlDeviceGetTotalEccErrors: ofDevice(U32, U32, out(8)),
  nvmlDeviceGetMemoryErrorCounter: ofDevice(U32, U32, U32, out(8)),
  nvmlDeviceGetSramEccErrorStatus: ofDevice(versioned(104)),
  nvmlDeviceGetRetiredPages: ofDevice(U32, out(4), array(8, 2)),
  nvmlDeviceGetRetiredPagesPendingStatus: deviceU32,
  nvmlDeviceGetRemappedRows: ofDevice(out(4), out(4), out(4), out(4)),
  nvmlDeviceGetRowRemapperHistogram: ofDevice(out(20)),
  nvmlDeviceGetRepairStatus: ofDevice(versioned(12)),

  nvmlDeviceGetComputeMode: deviceU32,
  nvmlDeviceGetPersistenceMode: deviceU32,
  nvmlDeviceGetGpuFabricInfoV: ofDevice(versioned(40)),

  nvmlDeviceGetComputeRunningProcesses: processes(16),
  nvmlDeviceGetComputeRunningProcesses_v2: processes(24),
  nvmlDeviceGetComputeRunningProcesses_v3: processes(32),
  nvmlDeviceGetGraphicsRunningProcesses: processes(16),
  nvmlDeviceGetGraphicsRunningProcesses_v2: processes(24),
  nvmlDeviceGetGraphicsRunningProcesses_v3: processes(32),
  nvmlDeviceGetMPSComputeRunningProcesses: processes(16),
  nvmlDeviceGetMPSComputeRunningProcesses_v2: processes(24),
  nvmlDeviceGetMPSComputeRunningProcesses_v3: processes(32),
  nvmlDeviceGetProcessUtilization: ofDevice(array(32, 2), out(4), MOMENT),
  // Only looked for: which of them there are says how long an element of a list of processes is.
  nvmlDeviceGetConfComputeMemSizeInfo: ofDevice(out(16)),
  nvmlDeviceGetRunningProcessDetailList: ofDevice(versioned(24, 8)),

  nvmlDeviceGetMigMode: ofDevice(out(4), out(4)),
  nvmlDeviceGetMaxMigDeviceCount: deviceU32,
  nvmlDeviceGetMigDeviceHandleByIndex: ofDevice(U32, out(8)),
  nvmlDeviceGetGpuInstanceId: deviceU32,
  nvmlDeviceGetComputeInstanceId: deviceU32,
  nvmlDeviceGetAttributes_v2: ofDevice(out(40)),
  nvmlDeviceGetGpuInstanceById: ofDevice(U32, out(8)),
  nvmlGpuInstanceGetInfo: [POINTER, out(24)],
  nvmlDeviceGetGpuInstanceProfileInfoV: ofDevice(U32, versioned(152)),

  nvmlEventSetCreate: [out(8)],
  nvmlDeviceRegisterEvents: ofDevice(U64, POINTER),
  nvmlDeviceGetSupportedEventTypes: deviceU64,
  nvmlEventSetWait_v2: [POINTER, out(32), U32],
  nvmlEventSetFree: [POINTER],

  nvmlGpmQueryDeviceSupport: ofDevice(versioned(8)),
  nvmlGpmSampleAlloc: [out(8)],
  nvmlGpmSampleFree: [POINTER],
  nvmlGpmSampleGet: ofDevice(POINTER),
  nvmlGpmMigSampleGet: ofDevice(U32, POINTER),
  nvmlGpmMetricsGet: [GPM_METRICS],
} as const satisfies Readonly<Record<string, readonly Parameter[]>>;

/** The name of a function that is called. */
export type FunctionName = keyof typeof SIGNATURES;

/** Parameters of a function, or undefined for one that is not in the table. */
export function signatureOf(name: string): readonly Parameter[] | undefined {
  return Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name as FunctionName] : undefined;
}
