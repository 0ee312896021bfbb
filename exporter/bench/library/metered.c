/*
 * A library with NVML's ABI that hands each call on to another one, of $NVML_METERED, and adds up the CPU time that it takes there. The sum
 * of nanoseconds and the number of calls are two 8-byte numbers in the file of $NVML_METER.
 *
 * All functions of NVML take at most six integers or pointers and return an integer, so that one signature fits them all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*Function)(long, long, long, long, long, long);

static void *library;
static struct {
  uint64_t nanoseconds, calls;
} *meter;

static uint64_t cpu_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t cost_of_clock;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("NVML_METERED"), *file = getenv("NVML_METER");
  library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  int descriptor = file == NULL ? -1 : open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (library == NULL || descriptor < 0 || ftruncate(descriptor, sizeof *meter) != 0) {
    fprintf(stderr, "metered NVML: cannot open $NVML_METERED or $NVML_METER\n");
    exit(1);
  }
  meter = mmap(NULL, sizeof *meter, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  /* Half of what two looks at the clock take is inside of what they measure. */
  enum { LOOKS = 2000 };
  uint64_t began = cpu_time();
  for (int i = 0; i < LOOKS; i++) cpu_time();
  cost_of_clock = (cpu_time() - began) / LOOKS;
}

static int measured(Function function, long a, long b, long c, long d, long e, long f) {
  uint64_t began = cpu_time();
  int code = function(a, b, c, d, e, f);
  uint64_t took = cpu_time() - began;
  __atomic_add_fetch(&meter->nanoseconds, took > cost_of_clock ? took - cost_of_clock : 0, __ATOMIC_RELAXED);
  __atomic_add_fetch(&meter->calls, 1, __ATOMIC_RELAXED);
  return code;
}

#define METERED(name) \
  int name(long a, long b, long c, long d, long e, long f) { \
    static Function function; \
    if (function == NULL) function = (Function)(uintptr_t)dlsym(library, #name); \
    return measured(function, a, b, c, d, e, f); \
  }
#define SYSTEM(name) METERED(name)
#define DEVICE(name) METERED(name)
#define ENTITY(name) METERED(name)
#include "functions.def"
