/* Processes on a device, and what they use of it. */
#include "library.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* The driver's table of processes has no more. */
#define MOST_PROCESSES 950

/* The pid as the caller is told it; 0 for a process that it is not told of. */
static unsigned int told_pid(const Process *process) {
  if (!state()->callers_pids) return process->pid;
  if (process->ns_pid != 0) return process->ns_pid;
  return kill((pid_t)process->pid, 0) == 0 || errno == EPERM ? process->pid : 0;
}

static bool listed(const Call *call, const Process *process, ProcessType type) {
  if (process->type != type || (call->mig != NULL && (process->gi != call->mig->gi || process->ci != call->mig->ci))) return false;
  return told_pid(process) != 0;
}

static void write_process(const Call *call, const Process *process, double now, size_t size, void *out) {
  nvmlProcessDetail_v1_t full;
  memset(&full, 0, sizeof full);
  full.pid = told_pid(process);
  full.usedGpuMemory = evaluate(call->device, &process->memory, now).u;
  full.gpuInstanceId = process->gi;
  full.computeInstanceId = process->ci;
  full.usedGpuCcProtectedMemory = evaluate(call->device, &process->protected_memory, now).u;
  memcpy(out, &full, size);
}

static nvmlReturn_t list(const Call *call, ProcessType type, size_t size, unsigned int *count, void *out) {
  if (count == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  unsigned int room = *count, found = 0;
  const Device *device = call->device;
  double now = seconds();
  for (size_t i = 0; i < device->process_count && found < MOST_PROCESSES; i++) {
    if (!listed(call, &device->processes[i], type)) continue;
    if (found < room && out != NULL) write_process(call, &device->processes[i], now, size, (char *)out + found * size);
    found++;
  }
  *count = found;
  if (found > room) return NVML_ERROR_INSUFFICIENT_SIZE;
  return found > 0 && out == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_SUCCESS;
}

static size_t size_of_v3(void) { return state()->wide_processes ? sizeof(nvmlProcessDetail_v1_t) : sizeof(nvmlProcessInfo_v2_t); }

#define LIST_OF(name, type, size) \
  EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int *count, void *out) { \
    BEGIN(name, device); \
    return list(&call, type, size, count, out); \
  }
LIST_OF(nvmlDeviceGetComputeRunningProcesses, COMPUTE, sizeof(nvmlProcessInfo_v1_t))
LIST_OF(nvmlDeviceGetComputeRunningProcesses_v2, COMPUTE, sizeof(nvmlProcessInfo_v2_t))
LIST_OF(nvmlDeviceGetComputeRunningProcesses_v3, COMPUTE, size_of_v3())
LIST_OF(nvmlDeviceGetGraphicsRunningProcesses, GRAPHICS, sizeof(nvmlProcessInfo_v1_t))
LIST_OF(nvmlDeviceGetGraphicsRunningProcesses_v2, GRAPHICS, sizeof(nvmlProcessInfo_v2_t))
LIST_OF(nvmlDeviceGetGraphicsRunningProcesses_v3, GRAPHICS, size_of_v3())
LIST_OF(nvmlDeviceGetMPSComputeRunningProcesses, MPS, sizeof(nvmlProcessInfo_v1_t))
LIST_OF(nvmlDeviceGetMPSComputeRunningProcesses_v2, MPS, sizeof(nvmlProcessInfo_v2_t))
LIST_OF(nvmlDeviceGetMPSComputeRunningProcesses_v3, MPS, size_of_v3())

EXPORT nvmlReturn_t nvmlDeviceGetRunningProcessDetailList(nvmlDevice_t device, nvmlProcessDetailList_v1_t *out) {
  BEGIN(nvmlDeviceGetRunningProcessDetailList, device);
  if (out == NULL || out->mode > 2) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlProcessDetailList_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  if (value_now(call.device, P_ARCHITECTURE).u < 9) return NVML_ERROR_NOT_SUPPORTED;
  return list(&call, (ProcessType)out->mode, sizeof(nvmlProcessDetail_v1_t), &out->numProcArrayEntries, out->procArray);
}

/* One sample of one process, handed to what writes it into the caller's array. */
typedef struct {
  unsigned int pid;
  uint64_t time;
  unsigned int share[SHARES];
} Sampled;
typedef void (*Writer)(void *out, unsigned int at, const Sampled *sampled);

static void write_sample(void *out, unsigned int at, const Sampled *s) {
  ((nvmlProcessUtilizationSample_t *)out)[at] =
      (nvmlProcessUtilizationSample_t){s->pid, s->time, s->share[SM], s->share[MEM], s->share[ENC], s->share[DEC]};
}

static void write_info(void *out, unsigned int at, const Sampled *s) {
  ((nvmlProcessUtilizationInfo_v1_t *)out)[at] = (nvmlProcessUtilizationInfo_v1_t){
      s->time, s->pid, s->share[SM], s->share[MEM], s->share[ENC], s->share[DEC], s->share[JPG], s->share[OFA]};
}

static bool has_samples(const Device *device, unsigned int pid) {
  for (size_t i = 0; i < device->sample_count; i++)
    if (device->samples[i].pid == pid) return true;
  return false;
}

static unsigned int emit(Writer write, void *out, unsigned int at, unsigned int room, const Sampled *sampled) {
  if (at < room && out != NULL) write(out, at, sampled);
  return at + 1;
}

/* Time in microseconds of a value of the device that is in milliseconds. */
static uint64_t duration(const Device *device, int property, uint64_t otherwise) {
  Number n = value_now(device, property);
  return (n.code == NVML_SUCCESS && n.u > 0 ? n.u : otherwise) * 1000;
}

static nvmlReturn_t utilization(Device *device, uint64_t last_seen, unsigned int *count, void *out, Writer write) {
  if (value_now(device, P_MIG_MODE).u == 1) return NVML_ERROR_NOT_SUPPORTED;
  uint64_t period = duration(device, P_UTILIZATION_PERIOD, 1000), history = duration(device, P_UTILIZATION_HISTORY, 5000);
  uint64_t now = microseconds();
  double at = seconds();
  unsigned int room = *count, found = 0;
  for (size_t i = 0; i < device->sample_count; i++) {
    const UtilizationSample *s = &device->samples[i];
    if (s->time <= last_seen) continue;
    Sampled sampled = {.pid = s->pid, .time = s->time};
    memcpy(sampled.share, s->share, sizeof s->share);
    found = emit(write, out, found, room, &sampled);
  }
  uint64_t first = (now - history) / period * period + period;
  if (last_seen >= first) first = last_seen / period * period + period;
  for (size_t i = 0; i < device->process_count; i++) {
    const Process *process = &device->processes[i];
    if (!process->has_shares || has_samples(device, process->pid)) continue;
    for (uint64_t time = first; time <= now; time += period) {
      Sampled sampled = {.pid = process->pid, .time = time};
      for (int share = 0; share < SHARES; share++)
        sampled.share[share] = (unsigned int)evaluate(device, &process->share[share], at - (double)(now - time) / 1e6).u;
      found = emit(write, out, found, room, &sampled);
    }
  }
  *count = found;
  if (found == 0) return NVML_ERROR_NOT_FOUND;
  return found > room || out == NULL ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device, nvmlProcessUtilizationSample_t *out, unsigned int *count,
                                                    unsigned long long last_seen) {
  BEGIN(nvmlDeviceGetProcessUtilization, device);
  if (count == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  return utilization(call.device, last_seen, count, out, write_sample);
}

EXPORT nvmlReturn_t nvmlDeviceGetProcessesUtilizationInfo(nvmlDevice_t device, nvmlProcessesUtilizationInfo_v1_t *out) {
  BEGIN(nvmlDeviceGetProcessesUtilizationInfo, device);
  if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
  if (out->version != NVML_VERSION_OF(nvmlProcessesUtilizationInfo_v1_t, 1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  return utilization(call.device, out->lastSeenTimeStamp, &out->processSamplesCount, out->procUtilArray, write_info);
}
