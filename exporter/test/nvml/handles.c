/* Handles: numbers that tell what they are of, and of which start of the library. */
#include "library.h"

#define DEVICE_MAGIC 0x15ULL
#define INSTANCE_MAGIC 0x16ULL

static uint64_t hash(const char *text) {
  uint32_t h = 2166136261u;
  for (; *text != 0; text++) h = (h ^ (unsigned char)*text) * 16777619u;
  return (h ^ (h >> 16)) & 0xffff;
}

static uint64_t encode(uint64_t magic, uint64_t slot, uint64_t part, uint64_t hashed) {
  return magic << 41 | hashed << 25 | (uint64_t)generation() << 13 | part << 6 | slot;
}

nvmlDevice_t handle_of(const Device *device) { return (nvmlDevice_t)encode(DEVICE_MAGIC, device->slot, 0, hash(device->texts[T_UUID])); }

nvmlDevice_t mig_handle_of(const Device *device, unsigned int index) {
  return (nvmlDevice_t)encode(DEVICE_MAGIC, device->slot, index + 1, hash(device->migs[index].uuid));
}

nvmlGpuInstance_t instance_handle_of(const Device *device, unsigned int gi) {
  return (nvmlGpuInstance_t)encode(INSTANCE_MAGIC, device->slot, gi, 0);
}

Device *device_of_instance(nvmlGpuInstance_t handle, unsigned int *gi) {
  uint64_t bits = (uint64_t)handle;
  Device *device = state()->devices[bits & 63];
  *gi = (unsigned int)(bits >> 6 & 127);
  return device != NULL && bits == (uint64_t)instance_handle_of(device, *gi) ? device : NULL;
}

/* A handle of another start of the library, or of a MIG device that is gone, is not valid; of a lost device it is. */
nvmlReturn_t resolve(nvmlDevice_t handle, Call *call) {
  uint64_t bits = (uint64_t)handle, part = bits >> 6 & 127;
  Device *device = state()->devices[bits & 63];
  if (bits >> 41 != DEVICE_MAGIC || (bits >> 13 & 0xfff) != generation()) return NVML_ERROR_INVALID_ARGUMENT;
  if (device == NULL || !device->present) return NVML_ERROR_GPU_IS_LOST;
  call->device = device;
  if (part == 0) return (uint64_t)handle_of(device) == bits ? NVML_SUCCESS : NVML_ERROR_GPU_IS_LOST;
  if (part > MAX_MIG || !device->migs[part - 1].present || value_now(device, P_MIG_MODE).u != 1) return NVML_ERROR_INVALID_ARGUMENT;
  call->mig = &device->migs[part - 1];
  return (uint64_t)mig_handle_of(device, (unsigned int)part - 1) == bits ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

unsigned int index_of(const Device *device) {
  unsigned int index = 0;
  for (unsigned int slot = 0; slot < device->slot; slot++)
    if (state()->devices[slot] != NULL && state()->devices[slot]->present) index++;
  return index;
}

Device *device_at(unsigned int index) {
  for (int slot = 0; slot < MAX_DEVICES; slot++) {
    Device *device = state()->devices[slot];
    if (device != NULL && device->present && index-- == 0) return device;
  }
  return NULL;
}
