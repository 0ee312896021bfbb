/* Directives about what is on a device: processes, their samples, MIG devices, events. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const share_names[SHARES] = {"sm", "mem", "enc", "dec", "jpg", "ofa"};
static const char *const mig_value_names[MIG_VALUES] = {"memory.total", "memory.used", "memory.reserved"};
static const char *const attribute_names[ATTRIBUTES] = {"sm",        "copy",      "decoders", "encoders", "jpegs",     "ofas",
                                                        "gi_slices", "ci_slices", "start",    "size",     "profile_id"};


static bool name_pid(Line *line, unsigned int pid, const char *name) {
  State *state = line->state;
  ProcessName entry = {.pid = pid};
  snprintf(entry.name, sizeof entry.name, "%s", name);
  state->names = grow(state->names, state->name_count, sizeof entry);
  state->names[state->name_count++] = entry;
  return true;
}

bool name_process(Line *line) {
  unsigned long pid;
  return number(line, "pid", &pid) && name_pid(line, (unsigned int)pid, line->rest);
}

static bool process_pair(Line *line, Process *p, const char *key, const char *text) {
  if (text == NULL) return wrong(line, "'%s' has no value", key);
  int share = find_name(share_names, SHARES, key);
  if (share >= 0) {
    p->has_shares = true;
    return value(line, text, &p->share[share]);
  }
  if (strcmp(key, "memory") == 0) return value(line, text, &p->memory);
  if (strcmp(key, "cc") == 0) return value(line, text, &p->protected_memory);
  if (strcmp(key, "name") == 0) return name_pid(line, p->pid, text);
  unsigned int n = (unsigned int)strtoul(text, NULL, 0);
  if (strcmp(key, "gi") == 0) p->gi = n;
  else if (strcmp(key, "ci") == 0) p->ci = n;
  else if (strcmp(key, "ns") == 0) p->ns_pid = n;
  else return wrong(line, "a process has no '%s'", key);
  return true;
}

bool add_process(Line *line) {
  Device *device;
  unsigned long pid;
  if (!slot(line, &device) || !number(line, "pid", &pid)) return false;
  char *type = word(line), *key, *text;
  Process p = {.pid = (unsigned int)pid, .gi = 0xFFFFFFFF, .ci = 0xFFFFFFFF, .memory = {.kind = ALL_ONES}};
  if (type != NULL && strcmp(type, "compute") == 0) p.type = COMPUTE;
  else if (type != NULL && strcmp(type, "graphics") == 0) p.type = GRAPHICS;
  else if (type != NULL && strcmp(type, "mps") == 0) p.type = MPS;
  else return wrong(line, "the type of a process is compute, graphics or mps");
  for (int i = 0; i < SHARES; i++) p.share[i] = (Value){.kind = CONSTANT, .whole = true};
  p.protected_memory = (Value){.kind = CONSTANT, .whole = true};
  while (pair(line, &key, &text))
    if (!process_pair(line, &p, key, text)) return false;
  device->processes = grow(device->processes, device->process_count, sizeof p);
  device->processes[device->process_count++] = p;
  return true;
}

bool add_sample(Line *line) {
  Device *device;
  unsigned long pid, age, share;
  UtilizationSample sample = {0};
  if (!slot(line, &device) || !number(line, "pid", &pid) || !number(line, "age", &age)) return false;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  sample.pid = (unsigned int)pid;
  sample.time = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 - age * 1000;
  for (int i = 0; i < 4; i++) {
    if (!number(line, share_names[i], &share)) return false;
    sample.share[i] = (unsigned int)share;
  }
  device->samples = grow(device->samples, device->sample_count, sizeof sample);
  device->samples[device->sample_count++] = sample;
  return true;
}

static bool mig_pair(Line *line, Mig *mig, const char *key, const char *text) {
  if (text == NULL) return wrong(line, "'%s' has no value", key);
  int what = find_name(mig_value_names, MIG_VALUES, key);
  if (what >= 0) return value(line, text, &mig->values[what]);
  what = find_name(attribute_names, ATTRIBUTES, key);
  if (what >= 0) mig->attributes[what] = (unsigned int)strtoul(text, NULL, 0);
  else if (strcmp(key, "gi") == 0) mig->gi = (unsigned int)strtoul(text, NULL, 0);
  else if (strcmp(key, "ci") == 0) mig->ci = (unsigned int)strtoul(text, NULL, 0);
  else if (strcmp(key, "profile") == 0) snprintf(mig->profile, sizeof mig->profile, "%s", text);
  else if (strcmp(key, "uuid") == 0) snprintf(mig->uuid, sizeof mig->uuid, "%s", text);
  else if (strcmp(key, "name") == 0) snprintf(mig->name, sizeof mig->name, "%s", text);
  else return wrong(line, "a MIG device has no '%s'", key);
  return true;
}

bool add_mig(Line *line) {
  Device *device;
  unsigned long index;
  char *key, *text;
  if (!slot(line, &device) || !number(line, "index", &index)) return false;
  if (index >= MAX_MIG) return wrong(line, "MIG indexes are 0 to %d", MAX_MIG - 1);
  Mig mig = {.present = true};
  snprintf(mig.uuid, sizeof mig.uuid, "MIG-%08lx-5a5a-4b4b-8c8c-0000000000%02x", 0xc0ffee00 + index, device->slot);
  while (pair(line, &key, &text))
    if (!mig_pair(line, &mig, key, text)) return false;
  if (mig.name[0] == 0) snprintf(mig.name, sizeof mig.name, "%.50s MIG %s", device->texts[T_NAME], mig.profile);
  device->migs[index] = mig;
  return true;
}

bool add_event(Line *line) {
  unsigned long id, type, data;
  Device *device;
  char *key, *text;
  if (!number(line, "id", &id) || !slot(line, &device) || !number(line, "type", &type) || !number(line, "data", &data)) return false;
  Event event = {.id = (unsigned int)id, .slot = device->slot, .type = type, .data = data, .gi = 0xFFFFFFFF, .ci = 0xFFFFFFFF};
  while (pair(line, &key, &text)) {
    if (text == NULL) return wrong(line, "'%s' has no value", key);
    if (strcmp(key, "gi") == 0) event.gi = (unsigned int)strtoul(text, NULL, 0);
    else if (strcmp(key, "ci") == 0) event.ci = (unsigned int)strtoul(text, NULL, 0);
    else if (strcmp(key, "after") == 0) event.after = strtod(text, NULL);
    else return wrong(line, "an event has no '%s'", key);
  }
  if (event.id >= MAX_EVENTS) return wrong(line, "ids of events are below %d", MAX_EVENTS);
  line->state->events = grow(line->state->events, line->state->event_count, sizeof event);
  line->state->events[line->state->event_count++] = event;
  return true;
}
