/* Field values and samples, which are asked for by number. */
#include "library.h"

enum { DOUBLE, UINT, ULONG, ULL, SLL, INT, USHORT };

/* The entry of one scope before a range before any; they are sorted so. */
static const Field *find_field(const Device *device, unsigned int id, unsigned int scope) {
  if (id >= MAX_FIELD_ID || device->first_field[id] < 0) return NULL;
  for (size_t i = (size_t)device->first_field[id]; i < device->field_count && device->fields[i].id == id; i++) {
    const Field *field = &device->fields[i];
    if (scope >= field->low && scope <= field->high) return field;
  }
  return NULL;
}

static nvmlValue_t typed(unsigned int type, Number n) {
  nvmlValue_t value = {.ullVal = 0};
  switch (type) {
  case DOUBLE: value.dVal = n.f; break;
  case UINT: value.uiVal = (unsigned int)n.u; break;
  case INT: value.siVal = (int)n.u; break;
  case USHORT: value.usVal = (unsigned short)n.u; break;
  default: value.ullVal = n.u; break;
  }
  return value;
}

EXPORT nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values) {
  BEGIN(nvmlDeviceGetFieldValues, device);
  if (values == NULL || count <= 0) return NVML_ERROR_INVALID_ARGUMENT;
  double now = seconds();
  long long time = (long long)microseconds();
  for (int i = 0; i < count; i++) {
    const Field *field = find_field(call.device, values[i].fieldId, values[i].scopeId);
    Number n = field == NULL ? (Number){.code = NVML_ERROR_NOT_SUPPORTED} : evaluate(call.device, &field->value, now);
    values[i].timestamp = time;
    values[i].latencyUsec = 2;
    values[i].nvmlReturn = n.code;
    if (n.code != NVML_SUCCESS) continue;
    values[i].valueType = field->type;
    values[i].value = typed(field->type, n);
  }
  return NVML_SUCCESS;
}

static const int sampled[] = {P_POWER_USAGE,      P_UTILIZATION_GPU, P_UTILIZATION_MEMORY, P_UTILIZATION_ENCODER,
                              P_UTILIZATION_DECODER, P_CLOCK_SM,     P_CLOCK_MEMORY};

EXPORT nvmlReturn_t nvmlDeviceGetSamples(nvmlDevice_t device, unsigned int type, unsigned long long last_seen, unsigned int *value_type,
                                         unsigned int *count, nvmlSample_t *samples) {
  BEGIN(nvmlDeviceGetSamples, device);
  if (value_type == NULL || count == NULL || type >= sizeof sampled / sizeof *sampled) return NVML_ERROR_INVALID_ARGUMENT;
  Number n = value_now(call.device, sampled[type]);
  if (n.code != NVML_SUCCESS) return n.code;
  const uint64_t period = 100000, kept = 120;
  uint64_t last = microseconds() / period * period;
  if (samples == NULL) {
    *count = (unsigned int)kept;
    return NVML_SUCCESS;
  }
  unsigned int given = 0;
  *value_type = UINT;
  for (uint64_t time = last - (kept - 1) * period; time <= last && given < *count; time += period) {
    if (time <= last_seen) continue;
    Number then = evaluate(call.device, &call.device->values[sampled[type]], seconds() - (double)(last - time) / 1e6);
    samples[given++] = (nvmlSample_t){time, typed(UINT, then)};
  }
  *count = given;
  return given == 0 ? NVML_ERROR_NOT_FOUND : NVML_SUCCESS;
}
