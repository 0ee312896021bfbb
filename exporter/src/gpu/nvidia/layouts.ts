/** How a field is laid out: `u` unsigned, `i` signed, `f` floating point, with bits; `pointer` is 8 bytes. */
export type FieldType = 'u8' | 'u32' | 'i32' | 'u64' | 'i64' | 'f64' | 'pointer' | 'bytes';

/** Where a field is in its struct. */
export interface FieldLayout {
  readonly offset: number;
  readonly type: FieldType;
  /** Number of bytes of a field of type `bytes`. */
  readonly length?: number;
}

/** One struct of the driver's library. */
export interface StructLayout {
  /** Bytes of one element. */
  readonly size: number;
  /** What the caller writes into `version`: the size with the number of the version in the highest byte, or plain 1 for GPM. */
  readonly version?: number;
  readonly fields: Readonly<Record<string, FieldLayout>>;
}

const u32 = <O extends number>(offset: O) => ({ offset, type: 'u32' }) as const;
const i32 = <O extends number>(offset: O) => ({ offset, type: 'i32' }) as const;
const u64 = <O extends number>(offset: O) => ({ offset, type: 'u64' }) as const;
const i64 = <O extends number>(offset: O) => ({ offset, type: 'i64' }) as const;
const f64 = <O extends number>(offset: O) => ({ offset, type: 'f64' }) as const;
const u8 = <O extends number>(offset: O) => ({ offset, type: 'u8' }) as const;
const pointer = <O extends number>(offset: O) => ({ offset, type: 'pointer' }) as const;
const bytes = <O extends number, L extends number>(offset: O, length: L) =>
  ({ offset, type: 'bytes', length }) as const;

/**
 * Sizes, version words and offsets of every struct that the exporter passes to NVML, on 64-bit Linux (x86-64 and arm64).
 *
 * Values are little-endian. `exporter/test/nvml/layout.test.ts` asserts this table against a C compiler and against the
 * structures of NVIDIA's own Python binding.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/
 */
export const LAYOUTS = {
  nvmlUtilization_t: { size: 8, fields: { gpu: u32(0), memory: u32(4) } },
  nvmlMemory_t: { size: 24, fields: { total: u64(0), free: u64(8), used: u64(16) } },
  nvmlMemory_v2_t: {
    size: 40,
    version: 0x02000028,
    fields: { version: u32(0), total: u64(8), reserved: u64(16), free: u64(24), used: u64(32) },
  },
  nvmlBAR1Memory_t: { size: 24, fields: { bar1Total: u64(0), bar1Free: u64(8), bar1Used: u64(16) } },
  nvmlPciInfo_t: {
    size: 68,
    fields: {
      busIdLegacy: bytes(0, 16),
      domain: u32(16),
      bus: u32(20),
      device: u32(24),
      pciDeviceId: u32(28),
      pciSubSystemId: u32(32),
      busId: bytes(36, 32),
    },
  },
  nvmlProcessInfo_v1_t: { size: 16, fields: { pid: u32(0), usedGpuMemory: u64(8) } },
  nvmlProcessInfo_v2_t: {
    size: 24,
    fields: { pid: u32(0), usedGpuMemory: u64(8), gpuInstanceId: u32(16), computeInstanceId: u32(20) },
  },
  nvmlProcessDetail_v1_t: {
    size: 32,
    fields: {
      pid: u32(0),
      usedGpuMemory: u64(8),
      gpuInstanceId: u32(16),
      computeInstanceId: u32(20),
      usedGpuCcProtectedMemory: u64(24),
    },
  },
  nvmlProcessDetailList_v1_t: {
    size: 24,
    version: 0x01000018,
    fields: { version: u32(0), mode: u32(4), numProcArrayEntries: u32(8), procArray: pointer(16) },
  },
  nvmlProcessUtilizationSample_t: {
    size: 32,
    fields: { pid: u32(0), timeStamp: u64(8), smUtil: u32(16), memUtil: u32(20), encUtil: u32(24), decUtil: u32(28) },
  },
  nvmlProcessUtilizationInfo_v1_t: {
    size: 40,
    fields: {
      timeStamp: u64(0),
      pid: u32(8),
      smUtil: u32(12),
      memUtil: u32(16),
      encUtil: u32(20),
      decUtil: u32(24),
      jpgUtil: u32(28),
      ofaUtil: u32(32),
    },
  },
  nvmlProcessesUtilizationInfo_v1_t: {
    size: 24,
    version: 0x01000018,
    fields: { version: u32(0), processSamplesCount: u32(4), lastSeenTimeStamp: u64(8), procUtilArray: pointer(16) },
  },
  nvmlFieldValue_t: {
    size: 40,
    fields: {
      fieldId: u32(0),
      scopeId: u32(4),
      timestamp: i64(8),
      latencyUsec: i64(16),
      valueType: u32(24),
      nvmlReturn: i32(28),
      value: u64(32),
    },
  },
  nvmlEventData_t: {
    size: 32,
    fields: {
      device: pointer(0),
      eventType: u64(8),
      eventData: u64(16),
      gpuInstanceId: u32(24),
      computeInstanceId: u32(28),
    },
  },
  nvmlEccSramErrorStatus_v1_t: {
    size: 104,
    version: 0x01000068,
    fields: {
      version: u32(0),
      aggregateUncParity: u64(8),
      aggregateUncSecDed: u64(16),
      aggregateCor: u64(24),
      volatileUncParity: u64(32),
      volatileUncSecDed: u64(40),
      volatileCor: u64(48),
      aggregateUncBucketL2: u64(56),
      aggregateUncBucketSm: u64(64),
      aggregateUncBucketPcie: u64(72),
      aggregateUncBucketMcu: u64(80),
      aggregateUncBucketOther: u64(88),
      bThresholdExceeded: u32(96),
    },
  },
  nvmlRowRemapperHistogramValues_t: {
    size: 20,
    fields: { max: u32(0), high: u32(4), partial: u32(8), low: u32(12), none: u32(16) },
  },
  nvmlRepairStatus_v1_t: {
    size: 12,
    version: 0x0100000c,
    fields: { version: u32(0), bChannelRepairPending: u32(4), bTpcRepairPending: u32(8) },
  },
  nvmlTemperature_v1_t: {
    size: 12,
    version: 0x0100000c,
    fields: { version: u32(0), sensorType: u32(4), temperature: i32(8) },
  },
  nvmlMarginTemperature_v1_t: {
    size: 8,
    version: 0x01000008,
    fields: { version: u32(0), marginTemperature: i32(4) },
  },
  nvmlViolationTime_t: { size: 16, fields: { referenceTime: u64(0), violationTime: u64(8) } },
  nvmlGpuFabricInfo_v2_t: {
    size: 36,
    version: 0x02000024,
    fields: {
      version: u32(0),
      clusterUuid: bytes(4, 16),
      status: i32(20),
      cliqueId: u32(24),
      state: u8(28),
      healthMask: u32(32),
    },
  },
  nvmlGpuFabricInfo_v3_t: {
    size: 40,
    version: 0x03000028,
    fields: {
      version: u32(0),
      clusterUuid: bytes(4, 16),
      status: i32(20),
      cliqueId: u32(24),
      state: u8(28),
      healthMask: u32(32),
      healthSummary: u8(36),
    },
  },
  nvmlDeviceAttributes_t: {
    size: 40,
    fields: {
      multiprocessorCount: u32(0),
      sharedCopyEngineCount: u32(4),
      sharedDecoderCount: u32(8),
      sharedEncoderCount: u32(12),
      sharedJpegCount: u32(16),
      sharedOfaCount: u32(20),
      gpuInstanceSliceCount: u32(24),
      computeInstanceSliceCount: u32(28),
      memorySizeMB: u64(32),
    },
  },
  nvmlGpuInstanceInfo_t: {
    size: 24,
    fields: {
      device: pointer(0),
      id: u32(8),
      profileId: u32(12),
      placementStart: u32(16),
      placementSize: u32(20),
    },
  },
  nvmlGpuInstanceProfileInfo_v2_t: {
    size: 152,
    version: 0x02000098,
    fields: {
      version: u32(0),
      id: u32(4),
      isP2pSupported: u32(8),
      sliceCount: u32(12),
      instanceCount: u32(16),
      multiprocessorCount: u32(20),
      copyEngineCount: u32(24),
      decoderCount: u32(28),
      encoderCount: u32(32),
      jpegCount: u32(36),
      ofaCount: u32(40),
      memorySizeMB: u64(48),
      name: bytes(56, 96),
    },
  },
  nvmlGpmSupport_t: { size: 8, version: 1, fields: { version: u32(0), isSupportedDevice: u32(4) } },
  nvmlGpmMetric_t: {
    size: 40,
    fields: {
      metricId: u32(0),
      nvmlReturn: i32(4),
      value: f64(8),
      shortName: pointer(16),
      longName: pointer(24),
      unit: pointer(32),
    },
  },
  /** The list has 333 entries in the header of version 13.0 and 477 in a later one: room for the longer; drivers read `numMetrics` of them. */
  nvmlGpmMetricsGet_t: {
    size: 19104,
    version: 1,
    fields: {
      version: u32(0),
      numMetrics: u32(4),
      sample1: pointer(8),
      sample2: pointer(16),
      metrics: bytes(24, 19080),
    },
  },
} as const satisfies Readonly<Record<string, StructLayout>>;

/** Bytes of the text buffers that functions fill, with the closing zero. */
export const TEXT_BUFFERS = {
  uuid: 96,
  name: 96,
  serial: 30,
  vbiosVersion: 32,
  systemVersion: 80,
  gspFirmwareVersion: 64,
} as const;
