/* The library as a whole: start, stop, versions, finding devices. */
#include "library.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

EXPORT nvmlReturn_t nvmlInit(void) {
  BEGIN_SYSTEM(nvmlInit);
  return start_library();
}

EXPORT nvmlReturn_t nvmlInit_v2(void) {
  BEGIN_SYSTEM(nvmlInit_v2);
  return start_library();
}

EXPORT nvmlReturn_t nvmlInitWithFlags(unsigned int flags) {
  BEGIN_SYSTEM(nvmlInitWithFlags);
  return (flags & ~7u) != 0 ? NVML_ERROR_INVALID_ARGUMENT : start_library();
}

EXPORT nvmlReturn_t nvmlShutdown(void) {
  BEGIN_SYSTEM(nvmlShutdown);
  return stop_library();
}

EXPORT const char *nvmlErrorString(nvmlReturn_t code) {
  switch (code) {
  case 0: return "Success";
  case 1: return "Uninitialized";
  case 2: return "Invalid Argument";
  case 3: return "Not Supported";
  case 4: return "Insufficient Permissions";
  case 6: return "Not Found";
  case 7: return "Insufficient Size";
  case 9: return "Driver Not Loaded";
  case 10: return "Timeout";
  case 15: return "GPU is lost";
  case 16: return "GPU requires reset";
  case 18: return "Driver/library version mismatch";
  default: return "Unknown Error";
  }
}

EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
  BEGIN_SYSTEM(nvmlSystemGetDriverVersion);
  return give_text(state()->driver_version, version, length);
}

EXPORT nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length) {
  BEGIN_SYSTEM(nvmlSystemGetNVMLVersion);
  return give_text(state()->nvml_version, version, length);
}

static nvmlReturn_t cuda_version(int *version) {
  if (version == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *version = state()->cuda_version;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version) {
  BEGIN_SYSTEM(nvmlSystemGetCudaDriverVersion);
  return cuda_version(version);
}

EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version) {
  BEGIN_SYSTEM(nvmlSystemGetCudaDriverVersion_v2);
  return cuda_version(version);
}

EXPORT nvmlReturn_t nvmlSystemGetProcessName(unsigned int pid, char *name, unsigned int length) {
  BEGIN_SYSTEM(nvmlSystemGetProcessName);
  for (size_t i = state()->name_count; i-- > 0;)
    if (state()->names[i].pid == pid) return give_text(state()->names[i].name, name, length);
  return NVML_ERROR_NOT_FOUND;
}

static nvmlReturn_t device_count(unsigned int *count) {
  if (count == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  for (int slot = 0; slot < MAX_DEVICES; slot++) *count += state()->devices[slot] != NULL && state()->devices[slot]->present;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCount(unsigned int *count) {
  BEGIN_SYSTEM(nvmlDeviceGetCount);
  return device_count(count);
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  BEGIN_SYSTEM(nvmlDeviceGetCount_v2);
  return device_count(count);
}

static Device *by_index(const void *key) { return device_at(*(const unsigned int *)key); }

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  Call call __attribute__((cleanup(unlock))) = enter_slot(FN_nvmlDeviceGetHandleByIndex_v2, by_index, &index);
  if (call.code != NVML_SUCCESS) return call.code;
  if (call.device == NULL || device == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *device = handle_of(call.device);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device) {
  Call call __attribute__((cleanup(unlock))) = enter_slot(FN_nvmlDeviceGetHandleByIndex, by_index, &index);
  if (call.code != NVML_SUCCESS) return call.code;
  if (call.device == NULL || device == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *device = handle_of(call.device);
  return NVML_SUCCESS;
}

static Device *by_uuid(const void *key) {
  for (unsigned int index = 0;; index++) {
    Device *device = device_at(index);
    if (device == NULL || strcasecmp(device->texts[T_UUID], key) == 0) return device;
    for (unsigned int mig = 0; mig < MAX_MIG; mig++)
      if (device->migs[mig].present && strcasecmp(device->migs[mig].uuid, key) == 0) return device;
  }
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
  if (uuid == NULL || device == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  Call call __attribute__((cleanup(unlock))) = enter_slot(FN_nvmlDeviceGetHandleByUUID, by_uuid, uuid);
  if (call.code != NVML_SUCCESS) return call.code;
  if (call.device == NULL) return NVML_ERROR_NOT_FOUND;
  *device = handle_of(call.device);
  for (unsigned int mig = 0; mig < MAX_MIG; mig++)
    if (call.device->migs[mig].present && strcasecmp(call.device->migs[mig].uuid, uuid) == 0) *device = mig_handle_of(call.device, mig);
  return NVML_SUCCESS;
}

/* Domains of four and of eight digits name the same device. */
static bool same_address(const char *left, const char *right) {
  unsigned int a[4], b[4];
  const char *format = "%x:%x:%x.%x";
  return sscanf(left, format, &a[0], &a[1], &a[2], &a[3]) == 4 && sscanf(right, format, &b[0], &b[1], &b[2], &b[3]) == 4 &&
         memcmp(a, b, sizeof a) == 0;
}

static Device *by_address(const void *key) {
  for (unsigned int index = 0;; index++) {
    Device *device = device_at(index);
    if (device == NULL || same_address(device->texts[T_PCI], key)) return device;
  }
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *address, nvmlDevice_t *device) {
  if (address == NULL || device == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  Call call __attribute__((cleanup(unlock))) = enter_slot(FN_nvmlDeviceGetHandleByPciBusId_v2, by_address, address);
  if (call.code != NVML_SUCCESS) return call.code;
  if (call.device == NULL) return NVML_ERROR_NOT_FOUND;
  *device = handle_of(call.device);
  return NVML_SUCCESS;
}
