/* Values that move with time. */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TURN 6.283185307179586

static bool whole_number(const char *text, uint64_t *n) {
  char *end;
  *n = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
  return end != text && *end == 0;
}

static bool real_number(const char *text, double *number) {
  char *end;
  *number = strtod(text, &end);
  return end != text && *end == 0;
}

static bool constant(const char *text, Value *value) {
  value->kind = CONSTANT;
  value->whole = whole_number(text, &value->n);
  if (value->whole) {
    value->a = text[0] == '-' ? (double)(int64_t)value->n : (double)value->n;
    return true;
  }
  return real_number(text, &value->a);
}

static bool named(const char *text, size_t length, Value *value) {
  char name[64];
  if (length >= sizeof name) return false;
  memcpy(name, text, length);
  name[length] = 0;
  value->property = find_name(property_names, PROPERTY_COUNT, name);
  return value->property >= 0;
}

static bool three_parts(const char *text, Kind kind, Value *value) {
  char *end;
  value->kind = kind;
  value->a = strtod(text, &end);
  if (*end != ':') return false;
  value->b = strtod(end + 1, &end);
  if (*end != ':') return false;
  value->c = strtod(end + 1, &end);
  return *end == 0 && value->c > 0;
}

/* START+RATE/s or START+integral(KEY) */
static bool counter(const char *text, const char *plus, Value *value) {
  char start[40];
  size_t length = (size_t)(plus - text);
  if (length >= sizeof start) return false;
  memcpy(start, text, length);
  start[length] = 0;
  if (!constant(start, value)) return false;
  const char *rest = plus + 1;
  size_t size = strlen(rest);
  if (strncmp(rest, "integral(", 9) == 0 && rest[size - 1] == ')') {
    value->kind = INTEGRAL;
    return named(rest + 9, size - 10, value);
  }
  char *end;
  value->kind = COUNTER;
  value->b = strtod(rest, &end);
  return end != rest && strcmp(end, "/s") == 0;
}

static bool reference(const char *text, Value *value) {
  const char *star = strchr(text, '*');
  value->kind = REFERENCE;
  value->b = 1;
  if (star != NULL && !real_number(star + 1, &value->b)) return false;
  return named(text, star == NULL ? strlen(text) : (size_t)(star - text), value);
}

bool parse_value(const char *text, Value *value) {
  memset(value, 0, sizeof *value);
  if (strcmp(text, "unsupported") == 0) {
    value->kind = CODE;
    value->code = NVML_ERROR_NOT_SUPPORTED;
    return true;
  }
  if (strncmp(text, "error:", 6) == 0) {
    value->kind = CODE;
    value->code = atoi(text + 6);
    return value->code != 0;
  }
  if (strcmp(text, "n/a") == 0) {
    value->kind = ALL_ONES;
    return true;
  }
  if (strncmp(text, "wave:", 5) == 0) return three_parts(text + 5, WAVE, value);
  if (strncmp(text, "square:", 7) == 0) return three_parts(text + 7, SQUARE, value);
  if (text[0] == '@') return reference(text + 1, value);
  const char *plus = strchr(text + (text[0] != 0), '+');
  return plus == NULL ? constant(text, value) : counter(text, plus, value);
}

static Number number(double f) {
  return (Number){.u = f < 0 ? (uint64_t)(int64_t)f : (uint64_t)f, .f = f};
}

static double wave(const Value *v, double t) { return (v->a + v->b) / 2 + (v->b - v->a) / 2 * sin(TURN * t / v->c); }

static double square(const Value *v, double t) { return fmod(t, v->c) < v->c / 2 ? v->a : v->b; }

/* What adds up from 0 to t. */
static double integral(const Device *device, const Value *v, double t) {
  double rest;
  switch (v->kind) {
  case CONSTANT:
    return v->a * t;
  case COUNTER:
    return v->a * t + v->b * t * t / 2;
  case WAVE:
    return (v->a + v->b) / 2 * t + (v->b - v->a) / 2 * v->c / TURN * (1 - cos(TURN * t / v->c));
  case SQUARE:
    rest = fmod(t, v->c);
    return floor(t / v->c) * v->c * (v->a + v->b) / 2 + v->a * fmin(rest, v->c / 2) + v->b * fmax(0, rest - v->c / 2);
  case REFERENCE:
    return v->b * integral(device, &device->values[v->property], t);
  default:
    return 0;
  }
}

static Number moved(const Value *v, double by) {
  double f = v->a + by + v->offset;
  if (!v->whole) return number(f);
  return (Number){.u = v->n + (uint64_t)(int64_t)(by + v->offset), .f = f};
}

Number evaluate(const Device *device, const Value *v, double t) {
  Number referred;
  switch (v->kind) {
  case CONSTANT:
    return v->whole ? (Number){.u = v->n, .f = v->a} : number(v->a);
  case ALL_ONES:
    return (Number){.u = UINT64_MAX, .f = (double)UINT64_MAX};
  case CODE:
    return (Number){.code = v->code};
  case COUNTER:
    return moved(v, v->b * t);
  case INTEGRAL:
    return moved(v, integral(device, &device->values[v->property], t));
  case WAVE:
    return number(wave(v, t));
  case SQUARE:
    return number(square(v, t));
  case REFERENCE:
    referred = evaluate(device, &device->values[v->property], t);
    return referred.code != NVML_SUCCESS || v->b == 1 ? referred : number(referred.f * v->b);
  default:
    return (Number){.code = NVML_ERROR_NOT_SUPPORTED};
  }
}

static void keep_going(const Device *old, const Value *before, const Device *new, Value *after, double old_t, double new_t) {
  bool counts = after->kind == COUNTER || after->kind == INTEGRAL;
  if (!counts || (before->kind != COUNTER && before->kind != INTEGRAL) || before->a != after->a) return;
  after->offset = evaluate(old, before, old_t).f - evaluate(new, after, new_t).f;
}

static Field *same_field(const Device *device, const Field *wanted) {
  for (size_t i = 0; i < device->field_count; i++) {
    Field *f = &device->fields[i];
    if (f->id == wanted->id && f->low == wanted->low && f->high == wanted->high) return f;
  }
  return NULL;
}

/* Counters of a device go on from where they were, unless the script gives them another start. */
void carry_on(const State *before, State *after, double old_t, double new_t) {
  for (int slot = 0; slot < MAX_DEVICES; slot++) {
    const Device *old = before->devices[slot];
    Device *new = after->devices[slot];
    if (old == NULL || new == NULL) continue;
    for (int i = 0; i < PROPERTY_COUNT; i++) keep_going(old, &old->values[i], new, &new->values[i], old_t, new_t);
    for (int link = 0; link < MAX_LINKS; link++)
      for (int i = 0; i < LINK_VALUES; i++) keep_going(old, &old->links[link][i], new, &new->links[link][i], old_t, new_t);
    for (size_t i = 0; i < new->field_count; i++) {
      Field *field = &new->fields[i];
      if (field->value.kind != COUNTER && field->value.kind != INTEGRAL) continue;
      const Field *was = same_field(old, field);
      if (was != NULL) keep_going(old, &was->value, new, &field->value, old_t, new_t);
    }
  }
}
