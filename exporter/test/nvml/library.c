/* The library's life: script, handles, counters of calls, and what a call begins with. */
#include "library.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK_EVERY_NS 5000000

static const bool migs_allowed[FUNCTION_COUNT] = {
#define SYSTEM(name) [FN_##name] = false,
#define DEVICE(name) [FN_##name] = false,
#define ENTITY(name) [FN_##name] = true,
#include "functions.def"
#undef SYSTEM
#undef DEVICE
#undef ENTITY
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static State *current;
static unsigned int initialised, starts;
static char script_path[4096];
static struct stat script_stat;
static volatile uint64_t *script_generation;
static uint64_t seen_generation;
static uint64_t checked_at;

State *state(void) { return current; }
unsigned int generation(void) { return starts & 0xfff; }

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t microseconds(void) { return nanoseconds(CLOCK_REALTIME) / 1000; }
double seconds(void) { return (double)nanoseconds(CLOCK_REALTIME) / 1e9 - current->epoch; }

/* The number beside the script that its writer raises: a change is seen without asking the file system. */
static void map_generation(void) {
  if (script_generation != NULL) return;
  char path[sizeof script_path + 16];
  snprintf(path, sizeof path, "%s.generation", script_path);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct stat status;
  if (fstat(file, &status) == 0 && status.st_size >= 8) {
    void *map = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) script_generation = map;
  }
  close(file);
}

static bool changed(void) {
  if (script_path[0] == 0) return false;
  if (script_generation != NULL && *script_generation != seen_generation) return true;
  uint64_t now = nanoseconds(CLOCK_MONOTONIC_COARSE);
  if (now - checked_at < CHECK_EVERY_NS) return false;
  checked_at = now;
  struct stat status;
  if (stat(script_path, &status) != 0) return false;
  return status.st_ino != script_stat.st_ino || status.st_size != script_stat.st_size ||
         status.st_mtim.tv_sec != script_stat.st_mtim.tv_sec || status.st_mtim.tv_nsec != script_stat.st_mtim.tv_nsec;
}

static void read_again(void) {
  map_generation();
  if (script_generation != NULL) seen_generation = *script_generation;
  if (stat(script_path, &script_stat) != 0) memset(&script_stat, 0, sizeof script_stat);
  State *read = read_script(script_path);
  if (read == NULL) {
    fprintf(stderr, "nvml script %s cannot be read\n", script_path);
    return;
  }
  if (current != NULL) {
    double now = (double)nanoseconds(CLOCK_REALTIME) / 1e9;
    carry_on(current, read, now - current->epoch, now - read->epoch);
    free_state(current);
  }
  current = read;
}

void reload(void) {
  if (changed()) read_again();
}

static void open_script(void) {
  const char *path = getenv("NVML_SCRIPT");
  if (path == NULL) path = "";
  if (current != NULL && strcmp(path, script_path) == 0) return reload();
  if (script_generation != NULL) munmap((void *)script_generation, 8);
  script_generation = NULL;
  forget_events();
  snprintf(script_path, sizeof script_path, "%s", path);
  if (current != NULL) free_state(current);
  current = NULL;
  if (script_path[0] != 0) read_again();
  if (current != NULL) return;
  current = default_state();
  if (script_path[0] != 0) current->broken = true;
}

void lock_again(void) { pthread_mutex_lock(&mutex); }
void let_others(void) { pthread_mutex_unlock(&mutex); }
void unlock(const Call *call) {
  if (call->code == NVML_SUCCESS) pthread_mutex_unlock(&mutex);
}

static Call refuse(nvmlReturn_t code) {
  pthread_mutex_unlock(&mutex);
  return (Call){.code = code};
}

static void never_return(Hang hang) {
  pthread_mutex_unlock(&mutex);
  /* A mask would leave the signals to other threads. */
  for (int number = 1; hang == HANG_UNINTERRUPTIBLE && number < NSIG; number++) signal(number, SIG_IGN);
  for (;;) sleep(3600);
}

/* What the script wants of a call. Time that it sleeps is spent without the lock, and the script may change meanwhile. */
static nvmlReturn_t obey(const Rule *rule) {
  if (rule->crash) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
  }
  if (rule->hang != NO_HANG) never_return(rule->hang);
  nvmlReturn_t code = rule->code;
  if (rule->sleep_ms > 0) {
    struct timespec time = {rule->sleep_ms / 1000, (long)(rule->sleep_ms % 1000) * 1000000};
    pthread_mutex_unlock(&mutex);
    nanosleep(&time, NULL);
    pthread_mutex_lock(&mutex);
    reload();
  }
  return code;
}

nvmlReturn_t obey_about(const Device *device, Function function) {
  const Rule rule = device->rules[function];
  return obey(&rule);
}

static nvmlReturn_t begin(Function function) {
  pthread_mutex_lock(&mutex);
  if (function == FN_nvmlInit || function == FN_nvmlInit_v2 || function == FN_nvmlInitWithFlags) {
    if (initialised == 0) {
      open_script();
      open_counts();
    }
  } else if (initialised == 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  reload();
  count(function);
  if (function == FN_nvmlShutdown) return NVML_SUCCESS;
  return current->broken ? NVML_ERROR_INVALID_ARGUMENT : current->driver;
}

Call enter_system(Function function) {
  nvmlReturn_t code = begin(function);
  if (code == NVML_SUCCESS) code = obey(&current->rules[function]);
  return code == NVML_SUCCESS ? (Call){0} : refuse(code);
}

Call enter_device(Function function, nvmlDevice_t handle) {
  Call call = {0};
  nvmlReturn_t code = begin(function);
  if (code == NVML_SUCCESS) code = resolve(handle, &call);
  if (code == NVML_SUCCESS) {
    const Rule rule = call.mig == NULL ? call.device->rules[function] : call.device->mig_rules[function];
    code = obey(&rule);
    if (code == NVML_SUCCESS && rule.sleep_ms > 0) code = resolve(handle, &call);
  }
  if (code == NVML_SUCCESS && call.mig != NULL && !migs_allowed[function]) code = NVML_ERROR_NOT_SUPPORTED;
  return code == NVML_SUCCESS ? call : refuse(code);
}

Call enter_slot(Function function, Device *(*find)(const void *key), const void *key) {
  nvmlReturn_t code = begin(function);
  if (code != NVML_SUCCESS) return refuse(code);
  Device *device = find(key);
  if (device != NULL) {
    const Rule rule = device->rules[function];
    code = obey(&rule);
    if (rule.sleep_ms > 0) device = find(key);
  }
  return code == NVML_SUCCESS ? (Call){.device = device} : refuse(code);
}

nvmlReturn_t start_library(void) {
  if (initialised++ == 0) starts++;
  return NVML_SUCCESS;
}

nvmlReturn_t stop_library(void) {
  initialised--;
  return NVML_SUCCESS;
}
