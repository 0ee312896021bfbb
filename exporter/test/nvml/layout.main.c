/* Prints how a C compiler lays out the structs of nvml.h: `struct - bytes -` and `struct field offset bytes type`. */
#include "nvml.h"

#include <stddef.h>
#include <stdio.h>

#define IS(type, name) type: name
#define TYPE(field) \
  _Generic((field), IS(unsigned char, "u8"), IS(unsigned int, "u32"), IS(int, "i32"), IS(unsigned long long, "u64"), IS(long long, "i64"), \
      IS(double, "f64"), IS(nvmlValue_t, "u64"), default: sizeof(field) == sizeof(void *) ? "pointer" : "bytes")
#define STRUCT(type) printf(#type " - %zu -\n", sizeof(type))
#define FIELD(type, field) printf(#type " " #field " %zu %zu %s\n", offsetof(type, field), sizeof(((type *)0)->field), TYPE(((type *)0)->field))

#define EACH_1(type, a) FIELD(type, a)
#define EACH_2(type, a, ...) FIELD(type, a); EACH_1(type, __VA_ARGS__)
#define EACH_3(type, a, ...) FIELD(type, a); EACH_2(type, __VA_ARGS__)
#define EACH_4(type, a, ...) FIELD(type, a); EACH_3(type, __VA_ARGS__)
#define EACH_5(type, a, ...) FIELD(type, a); EACH_4(type, __VA_ARGS__)
#define EACH_6(type, a, ...) FIELD(type, a); EACH_5(type, __VA_ARGS__)
#define EACH_7(type, a, ...) FIELD(type, a); EACH_6(type, __VA_ARGS__)
#define EACH_8(type, a, ...) FIELD(type, a); EACH_7(type, __VA_ARGS__)
#define EACH_9(type, a, ...) FIELD(type, a); EACH_8(type, __VA_ARGS__)
#define EACH_10(type, a, ...) FIELD(type, a); EACH_9(type, __VA_ARGS__)
#define EACH_11(type, a, ...) FIELD(type, a); EACH_10(type, __VA_ARGS__)
#define EACH_12(type, a, ...) FIELD(type, a); EACH_11(type, __VA_ARGS__)
#define EACH_13(type, a, ...) FIELD(type, a); EACH_12(type, __VA_ARGS__)

int main(void) {
  STRUCT(nvmlUtilization_t);
  EACH_2(nvmlUtilization_t, gpu, memory);
  STRUCT(nvmlMemory_t);
  EACH_3(nvmlMemory_t, total, free, used);
  STRUCT(nvmlMemory_v2_t);
  EACH_5(nvmlMemory_v2_t, version, total, reserved, free, used);
  STRUCT(nvmlBAR1Memory_t);
  EACH_3(nvmlBAR1Memory_t, bar1Total, bar1Free, bar1Used);
  STRUCT(nvmlPciInfo_t);
  EACH_7(nvmlPciInfo_t, busIdLegacy, domain, bus, device, pciDeviceId, pciSubSystemId, busId);
  STRUCT(nvmlProcessInfo_v1_t);
  EACH_2(nvmlProcessInfo_v1_t, pid, usedGpuMemory);
  STRUCT(nvmlProcessInfo_v2_t);
  EACH_4(nvmlProcessInfo_v2_t, pid, usedGpuMemory, gpuInstanceId, computeInstanceId);
  STRUCT(nvmlProcessDetail_v1_t);
  EACH_5(nvmlProcessDetail_v1_t, pid, usedGpuMemory, gpuInstanceId, computeInstanceId, usedGpuCcProtectedMemory);
  STRUCT(nvmlProcessDetailList_v1_t);
  EACH_4(nvmlProcessDetailList_v1_t, version, mode, numProcArrayEntries, procArray);
  STRUCT(nvmlProcessUtilizationSample_t);
  EACH_6(nvmlProcessUtilizationSample_t, pid, timeStamp, smUtil, memUtil, encUtil, decUtil);
  STRUCT(nvmlProcessUtilizationInfo_v1_t);
  EACH_8(nvmlProcessUtilizationInfo_v1_t, timeStamp, pid, smUtil, memUtil, encUtil, decUtil, jpgUtil, ofaUtil);
  STRUCT(nvmlProcessesUtilizationInfo_v1_t);
  EACH_4(nvmlProcessesUtilizationInfo_v1_t, version, processSamplesCount, lastSeenTimeStamp, procUtilArray);
  STRUCT(nvmlFieldValue_t);
  EACH_7(nvmlFieldValue_t, fieldId, scopeId, timestamp, latencyUsec, valueType, nvmlReturn, value);
  STRUCT(nvmlEventData_t);
  EACH_5(nvmlEventData_t, device, eventType, eventData, gpuInstanceId, computeInstanceId);
  STRUCT(nvmlEccSramErrorStatus_v1_t);
  EACH_13(nvmlEccSramErrorStatus_v1_t, version, aggregateUncParity, aggregateUncSecDed, aggregateCor, volatileUncParity, volatileUncSecDed,
          volatileCor, aggregateUncBucketL2, aggregateUncBucketSm, aggregateUncBucketPcie, aggregateUncBucketMcu, aggregateUncBucketOther,
          bThresholdExceeded);
  STRUCT(nvmlRowRemapperHistogramValues_t);
  EACH_5(nvmlRowRemapperHistogramValues_t, max, high, partial, low, none);
  STRUCT(nvmlRepairStatus_v1_t);
  EACH_3(nvmlRepairStatus_v1_t, version, bChannelRepairPending, bTpcRepairPending);
  STRUCT(nvmlTemperature_v1_t);
  EACH_3(nvmlTemperature_v1_t, version, sensorType, temperature);
  STRUCT(nvmlMarginTemperature_v1_t);
  EACH_2(nvmlMarginTemperature_v1_t, version, marginTemperature);
  STRUCT(nvmlViolationTime_t);
  EACH_2(nvmlViolationTime_t, referenceTime, violationTime);
  STRUCT(nvmlGpuFabricInfo_v2_t);
  EACH_6(nvmlGpuFabricInfo_v2_t, version, clusterUuid, status, cliqueId, state, healthMask);
  STRUCT(nvmlGpuFabricInfo_v3_t);
  EACH_7(nvmlGpuFabricInfo_v3_t, version, clusterUuid, status, cliqueId, state, healthMask, healthSummary);
  STRUCT(nvmlDeviceAttributes_t);
  EACH_9(nvmlDeviceAttributes_t, multiprocessorCount, sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount, sharedJpegCount,
         sharedOfaCount, gpuInstanceSliceCount, computeInstanceSliceCount, memorySizeMB);
  STRUCT(nvmlGpuInstanceInfo_t);
  EACH_5(nvmlGpuInstanceInfo_t, device, id, profileId, placementStart, placementSize);
  STRUCT(nvmlGpuInstanceProfileInfo_v2_t);
  EACH_13(nvmlGpuInstanceProfileInfo_v2_t, version, id, isP2pSupported, sliceCount, instanceCount, multiprocessorCount, copyEngineCount,
          decoderCount, encoderCount, jpegCount, ofaCount, memorySizeMB, name);
  STRUCT(nvmlGpmSupport_t);
  EACH_2(nvmlGpmSupport_t, version, isSupportedDevice);
  STRUCT(nvmlGpmMetric_t);
  EACH_6(nvmlGpmMetric_t, metricId, nvmlReturn, value, shortName, longName, unit);
  STRUCT(nvmlGpmMetricsGet_t);
  EACH_5(nvmlGpmMetricsGet_t, version, numMetrics, sample1, sample2, metrics);
  return 0;
}
