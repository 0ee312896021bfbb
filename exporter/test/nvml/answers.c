/* Values of a device into the variables of the caller. */
#include "library.h"

#include <string.h>

Number value_now(const Device *device, int property) {
  const Value *value = &device->values[property];
  bool moves = value->kind != CONSTANT && value->kind != CODE && value->kind != ABSENT;
  return evaluate(device, value, moves ? seconds() : 0);
}

nvmlReturn_t give_u32(const Device *device, int property, unsigned int *out) {
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  Number n = value_now(device, property);
  if (n.code == NVML_SUCCESS) *out = (unsigned int)n.u;
  return n.code;
}

nvmlReturn_t give_u64(const Device *device, int property, unsigned long long *out) {
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  Number n = value_now(device, property);
  if (n.code == NVML_SUCCESS) *out = n.u;
  return n.code;
}

nvmlReturn_t give_text(const char *text, char *out, unsigned int length) {
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (text[0] == 0) return NVML_ERROR_NOT_SUPPORTED;
  size_t size = strlen(text) + 1;
  if (size > length) return NVML_ERROR_INSUFFICIENT_SIZE;
  memcpy(out, text, size);
  return NVML_SUCCESS;
}

Value *link_value(Device *device, unsigned int link, int what) {
  if (link >= MAX_LINKS || link >= value_now(device, P_NVLINK_COUNT).u) return NULL;
  Value *value = &device->links[link][what];
  return value->kind == ABSENT ? &device->values[P_NVLINK_STATE + what] : value;
}
