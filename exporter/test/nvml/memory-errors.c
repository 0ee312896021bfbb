/* Errors of the memory, and what was done about them. */
#include "library.h"

EXPORT nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, unsigned int *mode, unsigned int *pending) {
  BEGIN(nvmlDeviceGetEccMode, device);
  nvmlReturn_t code = give_u32(call.device, P_ECC_MODE, mode);
  return code != NVML_SUCCESS ? code : give_u32(call.device, P_ECC_PENDING, pending);
}

static int ecc_property(unsigned int error, unsigned int period, unsigned int place) { return (int)(P_ECC_CV_TOTAL + error * 18 + period * 9 + place); }

EXPORT nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, unsigned int error, unsigned int period, unsigned long long *count) {
  BEGIN(nvmlDeviceGetTotalEccErrors, device);
  if (error > 1 || period > 1) return NVML_ERROR_INVALID_ARGUMENT;
  return give_u64(call.device, ecc_property(error, period, 0), count);
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryErrorCounter(nvmlDevice_t device, unsigned int error, unsigned int period, unsigned int location,
                                                    unsigned long long *count) {
  BEGIN(nvmlDeviceGetMemoryErrorCounter, device);
  if (error > 1 || period > 1 || location > 7) return NVML_ERROR_INVALID_ARGUMENT;
  return give_u64(call.device, ecc_property(error, period, location + 1), count);
}

EXPORT nvmlReturn_t nvmlDeviceGetSramEccErrorStatus(nvmlDevice_t device, nvmlEccSramErrorStatus_v1_t *out) {
  BEGIN(nvmlDeviceGetSramEccErrorStatus, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlEccSramErrorStatus_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  unsigned long long *counts = &out->aggregateUncParity;
  for (int i = 0; i < 11; i++) {
    nvmlReturn_t code = give_u64(call.device, P_SRAM_AGG_UNC_PARITY + i, &counts[i]);
    if (code != NVML_SUCCESS) return code;
  }
  return give_u32(call.device, P_SRAM_THRESHOLD_EXCEEDED, &out->bThresholdExceeded);
}

EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages(nvmlDevice_t device, unsigned int cause, unsigned int *count, unsigned long long *addresses) {
  BEGIN(nvmlDeviceGetRetiredPages, device);
  if (count == NULL || cause > 1) return NVML_ERROR_INVALID_ARGUMENT;
  Number pages = value_now(call.device, P_RETIRED_SINGLE + (int)cause);
  if (pages.code != NVML_SUCCESS) return pages.code;
  unsigned int room = *count;
  *count = (unsigned int)pages.u;
  if (pages.u > room) return NVML_ERROR_INSUFFICIENT_SIZE;
  for (unsigned int i = 0; i < pages.u; i++) {
    if (addresses == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    addresses[i] = 0x1000ULL * (i + 1);
  }
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int *correctable, unsigned int *uncorrectable, unsigned int *pending,
                                              unsigned int *failure) {
  BEGIN(nvmlDeviceGetRemappedRows, device);
  unsigned int *out[] = {correctable, uncorrectable, pending, failure};
  for (int i = 0; i < 4; i++) {
    nvmlReturn_t code = give_u32(call.device, P_REMAPPED_CORRECTABLE + i, out[i]);
    if (code != NVML_SUCCESS) return code;
  }
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetRowRemapperHistogram(nvmlDevice_t device, nvmlRowRemapperHistogramValues_t *out) {
  BEGIN(nvmlDeviceGetRowRemapperHistogram, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  unsigned int *banks = &out->max;
  for (int i = 0; i < 5; i++) {
    nvmlReturn_t code = give_u32(call.device, P_ROWS_MAX + i, &banks[i]);
    if (code != NVML_SUCCESS) return code;
  }
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetRepairStatus(nvmlDevice_t device, nvmlRepairStatus_v1_t *out) {
  BEGIN(nvmlDeviceGetRepairStatus, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlRepairStatus_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  nvmlReturn_t code = give_u32(call.device, P_REPAIR_CHANNEL, &out->bChannelRepairPending);
  return code != NVML_SUCCESS ? code : give_u32(call.device, P_REPAIR_TPC, &out->bTpcRepairPending);
}
