/* MIG: a GPU that is divided into instances. */
#include "library.h"

#include <stdio.h>
#include <string.h>

EXPORT nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *mode, unsigned int *pending) {
  BEGIN(nvmlDeviceGetMigMode, device);
  nvmlReturn_t code = give_u32(call.device, P_MIG_MODE, mode);
  if (code != NVML_SUCCESS) return code;
  return give_u32(call.device, call.device->values[P_MIG_PENDING].kind == ABSENT ? P_MIG_MODE : P_MIG_PENDING, pending);
}

EXPORT nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count) {
  BEGIN(nvmlDeviceGetMaxMigDeviceCount, device);
  return give_u32(call.device, P_MIG_MAX_DEVICES, count);
}

EXPORT nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int index, nvmlDevice_t *mig) {
  BEGIN(nvmlDeviceGetMigDeviceHandleByIndex, device);
  Number mode = value_now(call.device, P_MIG_MODE);
  if (mode.code != NVML_SUCCESS) return NVML_ERROR_NOT_SUPPORTED;
  if (mig == NULL || index >= MAX_MIG) return NVML_ERROR_INVALID_ARGUMENT;
  if (mode.u != 1 || !call.device->migs[index].present) return NVML_ERROR_NOT_FOUND;
  *mig = mig_handle_of(call.device, index);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t mig, nvmlDevice_t *device) {
  BEGIN(nvmlDeviceGetDeviceHandleFromMigDeviceHandle, mig);
  if (call.mig == NULL || device == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *device = handle_of(call.device);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int *is_mig) {
  BEGIN(nvmlDeviceIsMigDeviceHandle, device);
  if (is_mig == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *is_mig = call.mig != NULL;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned int *id) {
  BEGIN(nvmlDeviceGetGpuInstanceId, device);
  if (call.mig == NULL) return NVML_ERROR_NOT_SUPPORTED;
  if (id == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *id = call.mig->gi;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned int *id) {
  BEGIN(nvmlDeviceGetComputeInstanceId, device);
  if (call.mig == NULL) return NVML_ERROR_NOT_SUPPORTED;
  if (id == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *id = call.mig->ci;
  return NVML_SUCCESS;
}

static unsigned long long megabytes(const Device *device, const Mig *mig) {
  return evaluate(device, &mig->values[MIG_TOTAL], seconds()).u >> 20;
}

static nvmlReturn_t attributes(const Call *call, nvmlDeviceAttributes_t *out) {
  if (call->mig == NULL) return NVML_ERROR_NOT_SUPPORTED;
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  const unsigned int *a = call->mig->attributes;
  *out = (nvmlDeviceAttributes_t){a[A_SM],   a[A_COPY],      a[A_DECODERS],  a[A_ENCODERS], a[A_JPEGS],
                                  a[A_OFAS], a[A_GI_SLICES], a[A_CI_SLICES], megabytes(call->device, call->mig)};
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetAttributes(nvmlDevice_t device, nvmlDeviceAttributes_t *out) {
  BEGIN(nvmlDeviceGetAttributes, device);
  return attributes(&call, out);
}

EXPORT nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t *out) {
  BEGIN(nvmlDeviceGetAttributes_v2, device);
  return attributes(&call, out);
}

static const Mig *of_instance(const Device *device, unsigned int gi) {
  for (int i = 0; i < MAX_MIG; i++)
    if (device->migs[i].present && device->migs[i].gi == gi) return &device->migs[i];
  return NULL;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceById(nvmlDevice_t device, unsigned int id, nvmlGpuInstance_t *instance) {
  BEGIN(nvmlDeviceGetGpuInstanceById, device);
  if (instance == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  Number mode = value_now(call.device, P_MIG_MODE);
  if (mode.code != NVML_SUCCESS || mode.u != 1) return NVML_ERROR_NOT_SUPPORTED;
  if (of_instance(call.device, id) == NULL) return NVML_ERROR_NOT_FOUND;
  *instance = instance_handle_of(call.device, id);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlGpuInstanceGetInfo(nvmlGpuInstance_t instance, nvmlGpuInstanceInfo_t *out) {
  BEGIN_SYSTEM(nvmlGpuInstanceGetInfo);
  unsigned int gi;
  const Device *device = device_of_instance(instance, &gi);
  const Mig *mig = device == NULL ? NULL : of_instance(device, gi);
  if (mig == NULL || out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  *out = (nvmlGpuInstanceInfo_t){handle_of(device), gi, mig->attributes[A_PROFILE_ID], mig->attributes[A_START], mig->attributes[A_SIZE]};
  return NVML_SUCCESS;
}

/* The real function takes the number of a kind of profile; here a profile is known once an instance has it. */
EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfoV(nvmlDevice_t device, unsigned int profile, nvmlGpuInstanceProfileInfo_v2_t *out) {
  BEGIN(nvmlDeviceGetGpuInstanceProfileInfoV, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlGpuInstanceProfileInfo_v2_t, 2)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  Number mode = value_now(call.device, P_MIG_MODE);
  if (mode.code != NVML_SUCCESS || mode.u != 1) return NVML_ERROR_NOT_SUPPORTED;
  static const unsigned int slices[] = {1, 2, 3, 4, 7, 8, 6, 1, 2, 1, 1, 2, 3, 4, 7, 1};
  if (profile >= sizeof slices / sizeof *slices) return NVML_ERROR_INVALID_ARGUMENT;
  const Mig *mig = NULL;
  for (int i = 0; i < MAX_MIG && mig == NULL; i++) {
    const Mig *candidate = &call.device->migs[i];
    bool plus = strchr(candidate->profile, '+') != NULL;
    if (candidate->present && candidate->attributes[A_GI_SLICES] == slices[profile] && plus == (profile == 7 || profile == 8)) mig = candidate;
  }
  if (mig == NULL) return NVML_ERROR_NOT_SUPPORTED;
  const unsigned int *a = mig->attributes;
  *out = (nvmlGpuInstanceProfileInfo_v2_t){.version = out->version,
                                           .id = a[A_PROFILE_ID],
                                           .sliceCount = a[A_GI_SLICES],
                                           .instanceCount = 7 / (a[A_GI_SLICES] == 0 ? 1 : a[A_GI_SLICES]),
                                           .multiprocessorCount = a[A_SM],
                                           .copyEngineCount = a[A_COPY],
                                           .decoderCount = a[A_DECODERS],
                                           .encoderCount = a[A_ENCODERS],
                                           .jpegCount = a[A_JPEGS],
                                           .ofaCount = a[A_OFAS],
                                           .memorySizeMB = megabytes(call.device, mig)};
  snprintf(out->name, sizeof out->name, "MIG %s", mig->profile);
  return NVML_SUCCESS;
}
