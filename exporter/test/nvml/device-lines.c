/* Directives about a device and its values. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const link_names[LINK_VALUES] = {"state", "version", "speed", "replay", "recovery", "crc_flit", "crc_data", "ecc"};
static const char *const type_names[] = {"double", "uint", "ulong", "ull", "sll", "int", "ushort"};

static bool set_value(Line *line, Device *device, const char *key, char *rest) {
  rest += strspn(rest, " \t");
  int text = find_name(text_names, TEXT_COUNT, key);
  if (text >= 0) {
    snprintf(device->texts[text], sizeof device->texts[text], "%s", strcmp(rest, "unsupported") == 0 ? "" : rest);
    return true;
  }
  int property = find_name(property_names, PROPERTY_COUNT, key);
  if (property < 0) return wrong(line, "a device has no value '%s'", key);
  return value(line, rest, &device->values[property]);
}

static bool set_field_of(Line *line, Device *device) {
  unsigned long id;
  if (!number(line, "field id", &id)) return false;
  if (id >= MAX_FIELD_ID) return wrong(line, "field id %lu is too large", id);
  char *scope = word(line), *type = word(line);
  if (scope == NULL || type == NULL) return wrong(line, "scope, type and value are missing");
  Field field = {.id = (unsigned int)id, .low = 0, .high = ANY_SCOPE};
  if (strcmp(scope, "*") != 0) {
    char *end;
    field.low = field.high = (unsigned int)strtoul(scope, &end, 0);
    if (*end == '-') field.high = (unsigned int)strtoul(end + 1, &end, 0);
    if (*end != 0) return wrong(line, "'%s' is not a scope", scope);
  }
  int kind = find_name(type_names, 7, type);
  if (kind < 0) return wrong(line, "'%s' is not a type", type);
  field.type = (unsigned int)kind;
  if (!value(line, word(line), &field.value)) return false;
  for (size_t i = 0; i < device->field_count; i++) {
    Field *f = &device->fields[i];
    if (f->id == field.id && f->low == field.low && f->high == field.high) {
      *f = field;
      return true;
    }
  }
  device->fields = grow(device->fields, device->field_count, sizeof field);
  device->fields[device->field_count++] = field;
  return true;
}

bool set_field(Line *line) {
  Device *device;
  return slot(line, &device) && set_field_of(line, device);
}

static bool apply_preset(Line *line, Device *device, const char *name) {
  const char *text = preset(name);
  if (text == NULL) return wrong(line, "no preset is named '%s'", name);
  while (*text != 0) {
    char copy[256];
    size_t length = strcspn(text, "\n");
    memcpy(copy, text, length);
    copy[length] = 0;
    text += length + (text[length] == '\n');
    Line inner = {line->state, copy, line->problem, line->room};
    char *key = word(&inner);
    if (!(strcmp(key, "field") == 0 ? set_field_of(&inner, device) : set_value(&inner, device, key, inner.rest))) return false;
  }
  return true;
}

static void number_device(Device *device, unsigned long n) {
  snprintf(device->texts[T_UUID], 96, "GPU-%08lx-1c2d-4e5f-8a9b-0123456789%02lx", 0xa0b1c200 + n, n);
  snprintf(device->texts[T_PCI], 96, "00000000:%02lX:00.0", (0x1b + n * 0x10) & 0xff);
  snprintf(device->texts[T_SERIAL], 96, "132092101%04lu", n);
  device->values[P_MINOR] = (Value){.kind = CONSTANT, .whole = true, .n = n, .a = (double)n};
}

bool add_device(Line *line) {
  unsigned long n;
  if (!number(line, "slot", &n)) return false;
  if (n >= MAX_DEVICES) return wrong(line, "slots are 0 to %d", MAX_DEVICES - 1);
  char *name = word(line);
  Device *device = line->state->devices[n];
  if (device == NULL) device = line->state->devices[n] = calloc(1, sizeof *device);
  if (device == NULL) abort();
  device->present = device->declared = true;
  device->slot = (unsigned int)n;
  number_device(device, n);
  return name == NULL ? true : apply_preset(line, device, name);
}

bool set(Line *line) {
  line->rest += strspn(line->rest, " \t");
  bool all = line->rest[0] == '*';
  Device *device = NULL;
  if (all) word(line);
  else if (!slot(line, &device)) return false;
  char *key = word(line);
  if (key == NULL) return wrong(line, "key and value are missing");
  if (!all) return set_value(line, device, key, line->rest);
  for (int i = 0; i < MAX_DEVICES; i++)
    if (line->state->devices[i] != NULL && !set_value(line, line->state->devices[i], key, line->rest)) return false;
  return true;
}

bool set_link(Line *line) {
  Device *device;
  unsigned long link;
  if (!slot(line, &device) || !number(line, "link", &link)) return false;
  char *key = word(line);
  int what = key == NULL ? -1 : find_name(link_names, LINK_VALUES, key);
  if (what < 0 || link >= MAX_LINKS) return wrong(line, "no such value of a link");
  return value(line, word(line), &device->links[link][what]);
}

bool set_gpm(Line *line) {
  Device *device;
  unsigned long metric;
  if (!slot(line, &device) || !number(line, "metric", &metric)) return false;
  if (metric >= MAX_GPM) return wrong(line, "metric %lu is too large", metric);
  return value(line, word(line), &device->gpm[metric]);
}

bool set_mig_gpm(Line *line) {
  Device *device;
  unsigned long gi, metric;
  MigMetric m;
  if (!slot(line, &device) || !number(line, "gi", &gi) || !number(line, "metric", &metric) || !value(line, word(line), &m.value)) return false;
  m.gi = (unsigned int)gi;
  m.metric = (unsigned int)metric;
  for (size_t i = 0; i < device->mig_metric_count; i++)
    if (device->mig_metrics[i].gi == m.gi && device->mig_metrics[i].metric == m.metric) {
      device->mig_metrics[i] = m;
      return true;
    }
  device->mig_metrics = grow(device->mig_metrics, device->mig_metric_count, sizeof m);
  device->mig_metrics[device->mig_metric_count++] = m;
  return true;
}

bool set_presence(Line *line, bool present) {
  Device *device;
  if (!slot(line, &device)) return false;
  device->present = present;
  return true;
}
