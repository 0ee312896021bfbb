/* How often each function was called, in the file of $NVML_CALLS. */
#include "library.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_WIDTH 56
#define DIGITS 12
#define LINE_WIDTH (NAME_WIDTH + DIGITS + 1)

static char *call_counts;

/* Lines of one width, counted in place, so that a crash loses nothing. */
void open_counts(void) {
  static char opened[4096];
  const char *path = getenv("NVML_CALLS");
  if (path == NULL) path = "";
  struct stat status;
  if (call_counts != NULL && strcmp(path, opened) == 0 && stat(path, &status) == 0) return;
  size_t size = (size_t)FUNCTION_COUNT * LINE_WIDTH;
  if (call_counts != NULL) munmap(call_counts, size);
  call_counts = NULL;
  snprintf(opened, sizeof opened, "%s", path);
  if (path[0] == 0) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  bool fresh = fstat(file, &status) != 0 || (size_t)status.st_size != size;
  if (!fresh || ftruncate(file, (off_t)size) == 0) {
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) call_counts = map;
  }
  close(file);
  for (int i = 0; fresh && call_counts != NULL && i < FUNCTION_COUNT; i++) {
    char line[LINE_WIDTH + 1];
    snprintf(line, sizeof line, "%-*s%0*d\n", NAME_WIDTH, function_names[i], DIGITS, 0);
    memcpy(call_counts + i * LINE_WIDTH, line, LINE_WIDTH);
  }
}

void count(Function function) {
  if (call_counts == NULL) return;
  char *digits = call_counts + (size_t)function * LINE_WIDTH + NAME_WIDTH;
  for (int i = DIGITS - 1; i >= 0; i--) {
    if (digits[i] != '9') {
      digits[i]++;
      return;
    }
    digits[i] = '0';
  }
}
