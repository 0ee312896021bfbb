/* Functions about a device that read values of the script. */
#include "library.h"

#include <stdio.h>
#include <string.h>

#define TEXT_OF(name, text) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, char *out, unsigned int length) { \
    BEGIN(name, device); \
    return give_text(call.device->texts[text], out, length); \
  }
#define U32_OF(name, property) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int *out) { \
    BEGIN(name, device); \
    return give_u32(call.device, property, out); \
  }
#define U64_OF(name, property) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned long long *out) { \
    BEGIN(name, device); \
    return give_u64(call.device, property, out); \
  }
/* One of several values that a number names, first and count as in properties.def. */
#define CHOICE_OF(name, first, count, type, give) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int which, type *out) { \
    BEGIN(name, device); \
    return which >= (count) ? NVML_ERROR_INVALID_ARGUMENT : give(call.device, (int)((first) + which), out); \
  }

TEXT_OF(nvmlDeviceGetSerial, T_SERIAL)
TEXT_OF(nvmlDeviceGetVbiosVersion, T_VBIOS)
TEXT_OF(nvmlDeviceGetInforomImageVersion, T_INFOROM_IMAGE)
TEXT_OF(nvmlDeviceGetBoardPartNumber, T_BOARD_PART)
U32_OF(nvmlDeviceGetBrand, P_BRAND)
U32_OF(nvmlDeviceGetMinorNumber, P_MINOR)
U32_OF(nvmlDeviceGetArchitecture, P_ARCHITECTURE)
U32_OF(nvmlDeviceGetNumaNodeId, P_NUMA)
U32_OF(nvmlDeviceGetNumGpuCores, P_CORES)
U32_OF(nvmlDeviceGetMemoryBusWidth, P_MEMORY_BUS_WIDTH)
U32_OF(nvmlDeviceGetDisplayActive, P_DISPLAY_ACTIVE)
U32_OF(nvmlDeviceGetDisplayMode, P_DISPLAY_MODE)
U32_OF(nvmlDeviceGetPersistenceMode, P_PERSISTENCE)
U32_OF(nvmlDeviceGetComputeMode, P_COMPUTE_MODE)
U32_OF(nvmlDeviceGetNumFans, P_FAN_COUNT)
U32_OF(nvmlDeviceGetFanSpeed, P_FAN_SPEED)
U32_OF(nvmlDeviceGetPowerUsage, P_POWER_USAGE)
U32_OF(nvmlDeviceGetEnforcedPowerLimit, P_POWER_ENFORCED_LIMIT)
U32_OF(nvmlDeviceGetPowerManagementLimit, P_POWER_LIMIT)
U32_OF(nvmlDeviceGetPowerManagementDefaultLimit, P_POWER_DEFAULT_LIMIT)
U32_OF(nvmlDeviceGetPerformanceState, P_PSTATE)
U32_OF(nvmlDeviceGetPcieReplayCounter, P_PCIE_REPLAY)
U32_OF(nvmlDeviceGetCurrPcieLinkGeneration, P_PCIE_GENERATION)
U32_OF(nvmlDeviceGetCurrPcieLinkWidth, P_PCIE_WIDTH)
U32_OF(nvmlDeviceGetMaxPcieLinkGeneration, P_PCIE_MAX_GENERATION)
U32_OF(nvmlDeviceGetMaxPcieLinkWidth, P_PCIE_MAX_WIDTH)
U32_OF(nvmlDeviceGetPcieSpeed, P_PCIE_SPEED)
U32_OF(nvmlDeviceGetRetiredPagesPendingStatus, P_RETIRED_PENDING)
U64_OF(nvmlDeviceGetTotalEnergyConsumption, P_ENERGY)
U64_OF(nvmlDeviceGetCurrentClocksEventReasons, P_THROTTLE_REASONS)
U64_OF(nvmlDeviceGetCurrentClocksThrottleReasons, P_THROTTLE_REASONS)
U64_OF(nvmlDeviceGetSupportedClocksEventReasons, P_THROTTLE_SUPPORTED)
U64_OF(nvmlDeviceGetSupportedClocksThrottleReasons, P_THROTTLE_SUPPORTED)
CHOICE_OF(nvmlDeviceGetClockInfo, P_CLOCK_GRAPHICS, 4, unsigned int, give_u32)
CHOICE_OF(nvmlDeviceGetMaxClockInfo, P_CLOCK_MAX_GRAPHICS, 4, unsigned int, give_u32)
CHOICE_OF(nvmlDeviceGetPcieThroughput, P_PCIE_TX_THROUGHPUT, 2, unsigned int, give_u32)
CHOICE_OF(nvmlDeviceGetTemperatureThreshold, P_THRESHOLD_SHUTDOWN, 8, unsigned int, give_u32)
CHOICE_OF(nvmlDeviceGetTemperature, P_TEMPERATURE_GPU, 1, unsigned int, give_u32)

EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *out, unsigned int length) {
  BEGIN(nvmlDeviceGetUUID, device);
  return give_text(call.mig == NULL ? call.device->texts[T_UUID] : call.mig->uuid, out, length);
}

EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *out, unsigned int length) {
  BEGIN(nvmlDeviceGetName, device);
  return give_text(call.mig == NULL ? call.device->texts[T_NAME] : call.mig->name, out, length);
}

EXPORT nvmlReturn_t nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t device, char *out) {
  BEGIN(nvmlDeviceGetGspFirmwareVersion, device);
  return give_text(call.device->texts[T_GSP], out, 64);
}

EXPORT nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index) {
  BEGIN(nvmlDeviceGetIndex, device);
  if (index == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *index = call.mig == NULL ? index_of(call.device) : (unsigned int)(call.mig - call.device->migs);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  BEGIN(nvmlDeviceGetPciInfo_v3, device);
  if (pci == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  unsigned int function;
  memset(pci, 0, sizeof *pci);
  snprintf(pci->busId, sizeof pci->busId, "%.31s", call.device->texts[T_PCI]);
  sscanf(pci->busId, "%x:%x:%x.%x", &pci->domain, &pci->bus, &pci->device, &function);
  snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.0", pci->domain & 0xffff, pci->bus & 0xff, pci->device & 0xff);
  pci->pciDeviceId = 0x233010de;
  pci->pciSubSystemId = 0x16c110de;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor) {
  BEGIN(nvmlDeviceGetCudaComputeCapability, device);
  if (major == NULL || minor == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  return sscanf(call.device->texts[T_COMPUTE_CAPABILITY], "%d.%d", major, minor) == 2 ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

static bool divided(const Device *device) { return value_now(device, P_MIG_MODE).u == 1; }

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *out) {
  BEGIN(nvmlDeviceGetUtilizationRates, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (divided(call.device)) return NVML_ERROR_NOT_SUPPORTED;
  nvmlReturn_t code = give_u32(call.device, P_UTILIZATION_GPU, &out->gpu);
  return code != NVML_SUCCESS ? code : give_u32(call.device, P_UTILIZATION_MEMORY, &out->memory);
}

static nvmlReturn_t engine(const Device *device, int property, unsigned int *out, unsigned int *period) {
  if (period == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (divided(device)) return NVML_ERROR_NOT_SUPPORTED;
  *period = 167000;
  return give_u32(device, property, out);
}

#define ENGINE_OF(name, property) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int *out, unsigned int *period) { \
    BEGIN(name, device); \
    return engine(call.device, property, out, period); \
  }
ENGINE_OF(nvmlDeviceGetEncoderUtilization, P_UTILIZATION_ENCODER)
ENGINE_OF(nvmlDeviceGetDecoderUtilization, P_UTILIZATION_DECODER)
ENGINE_OF(nvmlDeviceGetJpgUtilization, P_UTILIZATION_JPEG)
ENGINE_OF(nvmlDeviceGetOfaUtilization, P_UTILIZATION_OFA)

/* Total, used without what is reserved, and reserved; free is the rest. */
static nvmlReturn_t memory(const Call *call, uint64_t *total, uint64_t *used, uint64_t *reserved) {
  const Value *values = call->mig != NULL ? call->mig->values : &call->device->values[P_MEMORY_TOTAL];
  Number n[3];
  for (int i = 0; i < 3; i++) n[i] = evaluate(call->device, &values[i], seconds());
  if (n[0].code != NVML_SUCCESS) return n[0].code;
  if (n[1].code != NVML_SUCCESS) return n[1].code;
  *total = n[0].u;
  *used = n[1].u;
  *reserved = n[2].code == NVML_SUCCESS ? n[2].u : 0;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *out) {
  BEGIN(nvmlDeviceGetMemoryInfo, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  uint64_t total, used, reserved;
  nvmlReturn_t code = memory(&call, &total, &used, &reserved);
  if (code == NVML_SUCCESS) *out = (nvmlMemory_t){.total = total, .free = total - used - reserved, .used = used + reserved};
  return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *out) {
  BEGIN(nvmlDeviceGetMemoryInfo_v2, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlMemory_v2_t, 2)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  uint64_t total, used, reserved;
  nvmlReturn_t code = memory(&call, &total, &used, &reserved);
  if (code != NVML_SUCCESS) return code;
  *out = (nvmlMemory_v2_t){out->version, total, reserved, total - used - reserved, used};
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t *out) {
  BEGIN(nvmlDeviceGetBAR1MemoryInfo, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  nvmlReturn_t code = give_u64(call.device, P_BAR1_TOTAL, &out->bar1Total);
  if (code == NVML_SUCCESS) code = give_u64(call.device, P_BAR1_USED, &out->bar1Used);
  if (code == NVML_SUCCESS) out->bar1Free = out->bar1Total - out->bar1Used;
  return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetConfComputeMemSizeInfo(nvmlDevice_t device, nvmlConfComputeMemSizeInfo_t *out) {
  BEGIN(nvmlDeviceGetConfComputeMemSizeInfo, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  nvmlReturn_t code = give_u64(call.device, P_CC_PROTECTED, &out->protectedMemSizeKib);
  return code != NVML_SUCCESS ? code : give_u64(call.device, P_CC_UNPROTECTED, &out->unprotectedMemSizeKib);
}

EXPORT nvmlReturn_t nvmlDeviceGetTemperatureV(nvmlDevice_t device, nvmlTemperature_v1_t *out) {
  BEGIN(nvmlDeviceGetTemperatureV, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlTemperature_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  if (out->sensorType != 0) return NVML_ERROR_INVALID_ARGUMENT;
  return give_u32(call.device, P_TEMPERATURE_GPU, (unsigned int *)&out->temperature);
}

EXPORT nvmlReturn_t nvmlDeviceGetMarginTemperature(nvmlDevice_t device, nvmlMarginTemperature_v1_t *out) {
  BEGIN(nvmlDeviceGetMarginTemperature, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlMarginTemperature_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  return give_u32(call.device, P_TEMPERATURE_MARGIN, (unsigned int *)&out->marginTemperature);
}

EXPORT nvmlReturn_t nvmlDeviceGetFanSpeed_v2(nvmlDevice_t device, unsigned int fan, unsigned int *speed) {
  BEGIN(nvmlDeviceGetFanSpeed_v2, device);
  Number fans = value_now(call.device, P_FAN_COUNT);
  if (fans.code != NVML_SUCCESS) return fans.code;
  if (fan >= fans.u) return NVML_ERROR_INVALID_ARGUMENT;
  bool own = fan < 8 && call.device->values[P_FAN_0 + fan].kind != ABSENT;
  return give_u32(call.device, own ? (int)(P_FAN_0 + fan) : P_FAN_SPEED, speed);
}

EXPORT nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t device, unsigned int *least, unsigned int *greatest) {
  BEGIN(nvmlDeviceGetPowerManagementLimitConstraints, device);
  nvmlReturn_t code = give_u32(call.device, P_POWER_MIN_LIMIT, least);
  return code != NVML_SUCCESS ? code : give_u32(call.device, P_POWER_MAX_LIMIT, greatest);
}

EXPORT nvmlReturn_t nvmlDeviceGetViolationStatus(nvmlDevice_t device, unsigned int policy, nvmlViolationTime_t *out) {
  BEGIN(nvmlDeviceGetViolationStatus, device);
  if (out == NULL || policy > 11 || (policy > 5 && policy < 10)) return NVML_ERROR_INVALID_ARGUMENT;
  out->referenceTime = microseconds();
  return give_u64(call.device, (int)(P_VIOLATION_POWER + (policy < 10 ? policy : policy - 4)), &out->violationTime);
}

EXPORT nvmlReturn_t nvmlDeviceGetGridLicensableFeatures_v4(nvmlDevice_t device, void *out) {
  BEGIN(nvmlDeviceGetGridLicensableFeatures_v4, device);
  return out == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
}
