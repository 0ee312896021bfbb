/* Events: registered for by device and kind, delivered once. */
#include "library.h"

#include <string.h>
#include <time.h>

#define SETS 16

typedef struct {
  bool used;
  unsigned int serial, generation;
  uint64_t kinds[MAX_DEVICES];
  double since[MAX_DEVICES];
} EventSet;

static EventSet sets[SETS];
static unsigned int serials;
static bool delivered[MAX_EVENTS];

static nvmlEventSet_t handle_of_set(const EventSet *set) {
  return (nvmlEventSet_t)(0x18ULL << 41 | (uint64_t)(set->serial & 0xffffff) << 8 | (uint64_t)(set - sets));
}

static EventSet *set_of(nvmlEventSet_t handle) {
  EventSet *set = &sets[(uint64_t)handle & (SETS - 1)];
  return set->used && handle_of_set(set) == handle && set->generation == generation() ? set : NULL;
}

EXPORT nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *out) {
  BEGIN_SYSTEM(nvmlEventSetCreate);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  for (int i = 0; i < SETS; i++) {
    EventSet *set = &sets[i];
    if (set->used && set->generation == generation()) continue;
    memset(set, 0, sizeof *set);
    set->used = true;
    set->serial = ++serials;
    set->generation = generation();
    *out = handle_of_set(set);
    return NVML_SUCCESS;
  }
  return NVML_ERROR_UNKNOWN;
}

EXPORT nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t handle) {
  BEGIN_SYSTEM(nvmlEventSetFree);
  EventSet *set = set_of(handle);
  if (set == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  set->used = false;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *kinds) {
  BEGIN(nvmlDeviceGetSupportedEventTypes, device);
  return give_u64(call.device, P_EVENTS_SUPPORTED, kinds);
}

/* Whole milliseconds, as the writers of scripts have them. */
static double unix_seconds(void) { return (double)(microseconds() / 1000) / 1e3; }

void forget_events(void) { memset(delivered, 0, sizeof delivered); }

EXPORT nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long kinds, nvmlEventSet_t handle) {
  BEGIN(nvmlDeviceRegisterEvents, device);
  EventSet *set = set_of(handle);
  Number supported = value_now(call.device, P_EVENTS_SUPPORTED);
  if (set == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (supported.code != NVML_SUCCESS || (kinds & ~supported.u) != 0) return NVML_ERROR_NOT_SUPPORTED;
  set->kinds[call.device->slot] |= kinds;
  set->since[call.device->slot] = unix_seconds();
  return NVML_SUCCESS;
}

static bool next_event(const EventSet *set, nvmlEventData_t *out) {
  double now = unix_seconds();
  for (size_t i = 0; i < state()->event_count; i++) {
    const Event *event = &state()->events[i];
    const Device *device = state()->devices[event->slot];
    if (delivered[event->id] || (set->kinds[event->slot] & event->type) == 0) continue;
    if (event->after > 0 && (event->after > now || event->after < set->since[event->slot])) continue;
    delivered[event->id] = true;
    *out = (nvmlEventData_t){handle_of(device), event->type, event->data, event->gi, event->ci};
    return true;
  }
  return false;
}

static nvmlReturn_t wait_for(nvmlEventSet_t handle, nvmlEventData_t *out, unsigned int timeout) {
  const struct timespec pause = {0, 2000000};
  uint64_t end = microseconds() + (uint64_t)timeout * 1000;
  for (;;) {
    const EventSet *set = set_of(handle);
    if (set == NULL || out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    if (next_event(set, out)) return NVML_SUCCESS;
    if (microseconds() >= end) return NVML_ERROR_TIMEOUT;
    let_others();
    nanosleep(&pause, NULL);
    lock_again();
    reload();
  }
}

EXPORT nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout) {
  BEGIN_SYSTEM(nvmlEventSetWait_v2);
  return wait_for(set, data, timeout);
}

EXPORT nvmlReturn_t nvmlEventSetWait(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout) {
  BEGIN_SYSTEM(nvmlEventSetWait);
  return wait_for(set, data, timeout);
}
