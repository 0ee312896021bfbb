/* NVLink and the fabric of NVSwitches. */
#include "library.h"

#include <stdio.h>
#include <string.h>

static nvmlReturn_t of_link(Device *device, unsigned int link, int what, Number *number) {
  const Value *value = link_value(device, link, what);
  if (value == NULL) return device->values[P_NVLINK_COUNT].kind == CONSTANT ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
  *number = evaluate(device, value, seconds());
  return number->code;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link, unsigned int *active) {
  BEGIN(nvmlDeviceGetNvLinkState, device);
  Number number;
  nvmlReturn_t code = active == NULL ? NVML_ERROR_INVALID_ARGUMENT : of_link(call.device, link, L_STATE, &number);
  if (code == NVML_SUCCESS) *active = (unsigned int)number.u;
  return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t device, unsigned int link, unsigned int *version) {
  BEGIN(nvmlDeviceGetNvLinkVersion, device);
  Number number;
  nvmlReturn_t code = version == NULL ? NVML_ERROR_INVALID_ARGUMENT : of_link(call.device, link, L_VERSION, &number);
  if (code == NVML_SUCCESS) *version = (unsigned int)number.u;
  return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t device, unsigned int link, unsigned int counter, unsigned long long *count) {
  BEGIN(nvmlDeviceGetNvLinkErrorCounter, device);
  if (count == NULL || counter > 4) return NVML_ERROR_INVALID_ARGUMENT;
  Number number;
  nvmlReturn_t code = of_link(call.device, link, (int)(L_REPLAY + counter), &number);
  if (code == NVML_SUCCESS) *count = number.u;
  return code;
}

static nvmlReturn_t fabric(const Device *device, nvmlGpuFabricInfo_v3_t *info) {
  memset(info, 0, sizeof *info);
  unsigned int status = 0, state = 0, health = 0;
  nvmlReturn_t code = give_u32(device, P_FABRIC_STATE, &state);
  if (code != NVML_SUCCESS) return code;
  give_u32(device, P_FABRIC_STATUS, &status);
  give_u32(device, P_FABRIC_CLIQUE, &info->cliqueId);
  give_u32(device, P_FABRIC_HEALTH_MASK, &info->healthMask);
  give_u32(device, P_FABRIC_HEALTH_SUMMARY, &health);
  info->state = (unsigned char)state;
  info->status = (nvmlReturn_t)status;
  info->healthSummary = (unsigned char)health;
  const char *uuid = device->texts[T_FABRIC_UUID];
  for (int i = 0; i < 16 && strlen(uuid) >= 32; i++) sscanf(uuid + 2 * i, "%2hhx", &info->clusterUuid[i]);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t device, nvmlGpuFabricInfo_t *out) {
  BEGIN(nvmlDeviceGetGpuFabricInfo, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  nvmlGpuFabricInfo_v3_t info;
  nvmlReturn_t code = fabric(call.device, &info);
  if (code != NVML_SUCCESS) return code;
  memcpy(out->clusterUuid, info.clusterUuid, 16);
  out->status = info.status;
  out->cliqueId = info.cliqueId;
  out->state = info.state;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device, void *out) {
  BEGIN(nvmlDeviceGetGpuFabricInfoV, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  unsigned int version = *(unsigned int *)out;
  bool second = version == NVML_VERSION_OF(nvmlGpuFabricInfo_v2_t, 2);
  if (!second && version != NVML_VERSION_OF(nvmlGpuFabricInfo_v3_t, 3)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  nvmlGpuFabricInfo_v3_t info;
  nvmlReturn_t code = fabric(call.device, &info);
  if (code != NVML_SUCCESS) return code;
  info.version = version;
  memcpy(out, &info, second ? sizeof(nvmlGpuFabricInfo_v2_t) : sizeof info);
  return NVML_SUCCESS;
}
