/* Reads the script into a state: one directive a line. README.md says what each means. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const property_names[PROPERTY_COUNT] = {
#define PROPERTY(id, name) name,
#define TEXT(id, name)
#include "properties.def"
#undef PROPERTY
#undef TEXT
};
const char *const text_names[TEXT_COUNT] = {
#define PROPERTY(id, name)
#define TEXT(id, name) name,
#include "properties.def"
#undef PROPERTY
#undef TEXT
};
const char *const function_names[FUNCTION_COUNT] = {
#define SYSTEM(name) #name,
#define DEVICE(name) #name,
#define ENTITY(name) #name,
#include "functions.def"
#undef SYSTEM
#undef DEVICE
#undef ENTITY
};

int find_name(const char *const *names, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (names[i][0] == name[0] && strcmp(names[i], name) == 0) return i;
  return -1;
}

void *grow(void *items, size_t count, size_t size) {
  if ((count & (count - 1)) != 0) return items;
  void *more = realloc(items, (count == 0 ? 1 : count * 2) * size);
  if (more == NULL) abort();
  return more;
}

static int by_id_and_span(const void *left, const void *right) {
  const Field *a = left, *b = right;
  if (a->id != b->id) return a->id < b->id ? -1 : 1;
  unsigned int span_a = a->high - a->low, span_b = b->high - b->low;
  return span_a < span_b ? -1 : span_a > span_b;
}

static void index_fields(Device *device) {
  if (device->field_count > 0) qsort(device->fields, device->field_count, sizeof(Field), by_id_and_span);
  for (int i = 0; i < MAX_FIELD_ID; i++) device->first_field[i] = -1;
  for (int i = (int)device->field_count - 1; i >= 0; i--) device->first_field[device->fields[i].id] = i;
}

static State *empty_state(void) {
  State *state = calloc(1, sizeof *state);
  if (state == NULL) abort();
  snprintf(state->driver_version, sizeof state->driver_version, "580.95.05");
  snprintf(state->nvml_version, sizeof state->nvml_version, "13.580.95.05");
  state->cuda_version = 13000;
  struct timespec up, now;
  clock_gettime(CLOCK_BOOTTIME, &up);
  clock_gettime(CLOCK_REALTIME, &now);
  state->epoch = (double)(now.tv_sec - up.tv_sec);
  return state;
}

static State *finished(State *state) {
  for (int i = 0; i < MAX_DEVICES; i++)
    if (state->devices[i] != NULL) index_fields(state->devices[i]);
  return state;
}

State *default_state(void) {
  State *state = empty_state();
  char line[] = "device 0 h100", problem[200];
  apply_line(state, line, problem, sizeof problem);
  return finished(state);
}

State *read_script(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return NULL;
  State *state = empty_state();
  char *line = NULL, problem[200];
  size_t room = 0;
  ssize_t length;
  for (int number = 1; (length = getline(&line, &room, file)) >= 0; number++) {
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r' || line[length - 1] == ' ')) line[--length] = 0;
    if (apply_line(state, line, problem, sizeof problem)) continue;
    fprintf(stderr, "nvml script %s:%d: %s\n", path, number, problem);
    state->broken = true;
  }
  free(line);
  fclose(file);
  return finished(state);
}

void free_state(State *state) {
  for (int i = 0; i < MAX_DEVICES; i++) {
    Device *device = state->devices[i];
    if (device == NULL) continue;
    free(device->fields);
    free(device->mig_metrics);
    free(device->processes);
    free(device->samples);
    free(device);
  }
  free(state->events);
  free(state->names);
  free(state);
}
