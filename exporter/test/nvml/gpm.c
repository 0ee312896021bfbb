/* GPM: profiling counters as the difference of two samples. */
#include "library.h"

#include <stdlib.h>

#define SAMPLES 1024
#define WHOLE_DEVICE (-1)

typedef struct {
  bool used, taken;
  unsigned int serial, slot, generation;
  int gi;
  double time;
} GpmSample;

static GpmSample samples[SAMPLES];
static unsigned int serials;

static nvmlGpmSample_t handle_of_sample(const GpmSample *sample) {
  return (nvmlGpmSample_t)(0x17ULL << 41 | (uint64_t)(sample->serial & 0xffffff) << 12 | (uint64_t)(sample - samples));
}

static GpmSample *sample_of(nvmlGpmSample_t handle) {
  GpmSample *sample = &samples[(uint64_t)handle & (SAMPLES - 1)];
  return sample->used && handle_of_sample(sample) == handle && sample->generation == generation() ? sample : NULL;
}

EXPORT nvmlReturn_t nvmlGpmQueryDeviceSupport(nvmlDevice_t device, nvmlGpmSupport_t *out) {
  BEGIN(nvmlGpmQueryDeviceSupport, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != 1) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  return give_u32(call.device, P_GPM_SUPPORTED, &out->isSupportedDevice);
}

EXPORT nvmlReturn_t nvmlGpmSampleAlloc(nvmlGpmSample_t *out) {
  BEGIN_SYSTEM(nvmlGpmSampleAlloc);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  for (int i = 0; i < SAMPLES; i++) {
    GpmSample *sample = &samples[i];
    if (sample->used && sample->generation == generation()) continue;
    *sample = (GpmSample){.used = true, .serial = ++serials, .generation = generation()};
    *out = handle_of_sample(sample);
    return NVML_SUCCESS;
  }
  return NVML_ERROR_UNKNOWN;
}

EXPORT nvmlReturn_t nvmlGpmSampleFree(nvmlGpmSample_t handle) {
  BEGIN_SYSTEM(nvmlGpmSampleFree);
  GpmSample *sample = sample_of(handle);
  if (sample == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  sample->used = false;
  return NVML_SUCCESS;
}

static nvmlReturn_t take(const Device *device, int gi, nvmlGpmSample_t handle) {
  GpmSample *sample = sample_of(handle);
  if (sample == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (value_now(device, P_GPM_SUPPORTED).u != 1) return NVML_ERROR_NOT_SUPPORTED;
  sample->taken = true;
  sample->slot = device->slot;
  sample->gi = gi;
  sample->time = seconds();
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlGpmSampleGet(nvmlDevice_t device, nvmlGpmSample_t sample) {
  BEGIN(nvmlGpmSampleGet, device);
  return take(call.device, WHOLE_DEVICE, sample);
}

EXPORT nvmlReturn_t nvmlGpmMigSampleGet(nvmlDevice_t device, unsigned int gi, nvmlGpmSample_t sample) {
  BEGIN(nvmlGpmMigSampleGet, device);
  for (int i = 0; i < MAX_MIG; i++) {
    const Mig *mig = &call.device->migs[i];
    if (mig->present && mig->gi == gi && value_now(call.device, P_MIG_MODE).u == 1) return take(call.device, (int)gi, sample);
  }
  return NVML_ERROR_INVALID_ARGUMENT;
}

static const Value *value_of(const Device *device, int gi, unsigned int metric) {
  static const Value absent = {.kind = ABSENT};
  if (gi == WHOLE_DEVICE) return metric < MAX_GPM ? &device->gpm[metric] : &absent;
  for (size_t i = 0; i < device->mig_metric_count; i++)
    if (device->mig_metrics[i].gi == (unsigned int)gi && device->mig_metrics[i].metric == metric) return &device->mig_metrics[i].value;
  return &absent;
}

EXPORT nvmlReturn_t nvmlGpmMetricsGet(nvmlGpmMetricsGet_t *out) {
  BEGIN_SYSTEM(nvmlGpmMetricsGet);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != 1) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  const GpmSample *first = sample_of(out->sample1), *second = sample_of(out->sample2);
  if (first == NULL || second == NULL || !first->taken || !second->taken || out->numMetrics > NVML_GPM_METRIC_MAX) return NVML_ERROR_INVALID_ARGUMENT;
  if (first->slot != second->slot || first->gi != second->gi || first->time >= second->time) return NVML_ERROR_INVALID_ARGUMENT;
  const Device *device = state()->devices[second->slot];
  if (device == NULL || !device->present) return NVML_ERROR_GPU_IS_LOST;
  nvmlReturn_t code = obey_about(device, FN_nvmlGpmMetricsGet);
  if (code != NVML_SUCCESS) return code;
  device = state()->devices[second->slot];
  if (device == NULL) return NVML_ERROR_GPU_IS_LOST;
  for (unsigned int i = 0; i < out->numMetrics; i++) {
    nvmlGpmMetric_t *metric = &out->metrics[i];
    Number n = evaluate(device, value_of(device, second->gi, metric->metricId), second->time);
    metric->nvmlReturn = n.code;
    metric->value = n.f;
    metric->shortName = metric->longName = metric->unit = "";
  }
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlGpmQueryIfStreamingEnabled(nvmlDevice_t device, unsigned int *enabled) {
  BEGIN(nvmlGpmQueryIfStreamingEnabled, device);
  return give_u32(call.device, P_GPM_STREAMING, enabled);
}

EXPORT nvmlReturn_t nvmlGpmSetStreamingEnabled(nvmlDevice_t device, unsigned int enabled) {
  BEGIN(nvmlGpmSetStreamingEnabled, device);
  (void)enabled;
  return NVML_ERROR_NO_PERMISSION;
}
