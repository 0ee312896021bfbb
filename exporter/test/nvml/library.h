/* What every function of the library begins with. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "model.h"

#define EXPORT __attribute__((visibility("default")))

/* The call that goes on: its device, and the MIG device where the handle is of one. */
typedef struct {
  nvmlReturn_t code;
  Device *device;
  Mig *mig;
} Call;

/* Each counts the call, reads a changed script, applies its rules, and holds the lock unless the code is an error. */
Call enter_system(Function function);
Call enter_device(Function function, nvmlDevice_t handle);
Call enter_slot(Function function, Device *(*find)(const void *key), const void *key);
void unlock(const Call *call);
/* The rule of a device for a function that names it by something else than a handle. */
nvmlReturn_t obey_about(const Device *device, Function function);

/* Answers for a function that fails at once; `call` is there, and the lock is given back when the function returns. */
#define BEGIN_SYSTEM(name) \
  Call call __attribute__((cleanup(unlock))) = enter_system(FN_##name); \
  if (call.code != NVML_SUCCESS) return call.code
#define BEGIN(name, handle) \
  Call call __attribute__((cleanup(unlock))) = enter_device(FN_##name, handle); \
  if (call.code != NVML_SUCCESS) return call.code

State *state(void);
double seconds(void);
uint64_t microseconds(void);
unsigned int generation(void);
nvmlReturn_t start_library(void);
nvmlReturn_t stop_library(void);
void reload(void);
void lock_again(void);
void let_others(void);
/* Another script has other events under the same numbers. */
void forget_events(void);

/* counts.c: counts a call in the file of $NVML_CALLS. */
void open_counts(void);
void count(Function function);

/* handles.c */
nvmlReturn_t resolve(nvmlDevice_t handle, Call *call);
nvmlDevice_t handle_of(const Device *device);
nvmlDevice_t mig_handle_of(const Device *device, unsigned int index);
nvmlGpuInstance_t instance_handle_of(const Device *device, unsigned int gi);
Device *device_of_instance(nvmlGpuInstance_t handle, unsigned int *gi);
unsigned int index_of(const Device *device);
Device *device_at(unsigned int index);

/* answers.c: values of a device into the caller's variables; a null pointer is INVALID_ARGUMENT. */
Number value_now(const Device *device, int property);
nvmlReturn_t give_u32(const Device *device, int property, unsigned int *out);
nvmlReturn_t give_u64(const Device *device, int property, unsigned long long *out);
nvmlReturn_t give_text(const char *text, char *out, unsigned int length);
Value *link_value(Device *device, unsigned int link, int what);

#endif
