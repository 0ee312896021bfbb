/* Directives about how calls go, and about the driver as a whole. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Changes the rule of one function, or of all of a table of them. */
static void change_rules(Rule *rules, int function, Rule rule) {
  for (int i = 0; i < FUNCTION_COUNT; i++)
    if (function < 0 || function == i) rules[i] = rule;
}

bool add_rule(Line *line, const char *verb) {
  char *target = word(line), *name = word(line);
  if (target == NULL || name == NULL) return wrong(line, "target and function are missing");
  int function = strcmp(name, "*") == 0 ? -1 : find_name(function_names, FUNCTION_COUNT, name);
  if (function < 0 && strcmp(name, "*") != 0) return wrong(line, "there is no function '%s'", name);
  Rule rule = {0};
  unsigned long n = 0;
  if (strcmp(verb, "fail") == 0) {
    if (!number(line, "code", &n)) return false;
    rule.code = (nvmlReturn_t)n;
  } else if (strcmp(verb, "sleep") == 0) {
    if (!number(line, "milliseconds", &n)) return false;
    rule.sleep_ms = (unsigned int)n;
  } else if (strcmp(verb, "hang") == 0) {
    char *how = word(line);
    if (how != NULL && strcmp(how, "uninterruptible") != 0) return wrong(line, "a hang is plain or uninterruptible");
    rule.hang = how == NULL ? HANG : HANG_UNINTERRUPTIBLE;
  } else rule.crash = true;

  bool all = strcmp(target, "*") == 0, migs = strncmp(target, "mig", 3) == 0;
  int only = -1;
  if (all || strcmp(target, "system") == 0) change_rules(line->state->rules, function, rule);
  if (strcmp(target, "system") == 0) return true;
  if (!all && strcmp(target, "mig") != 0) {
    char *end, *digits = strncmp(target, "mig:", 4) == 0 ? target + 4 : target;
    only = (int)strtol(digits, &end, 10);
    if (*end != 0 || end == digits || only < 0 || only >= MAX_DEVICES || line->state->devices[only] == NULL)
      return wrong(line, "'%s' is no target: a slot with a device, *, system, mig or mig:SLOT", target);
  }
  for (int i = 0; i < MAX_DEVICES; i++) {
    Device *device = line->state->devices[i];
    if (device == NULL || (only >= 0 && only != i)) continue;
    if (!migs) change_rules(device->rules, function, rule);
    if (migs || all) change_rules(device->mig_rules, function, rule);
  }
  return true;
}

bool set_driver(Line *line) {
  char *text = word(line), *end;
  if (text == NULL) return wrong(line, "state of the driver is missing");
  long code = strtol(text, &end, 10);
  if (*end == 0) line->state->driver = (nvmlReturn_t)code;
  else if (strcmp(text, "ok") == 0) line->state->driver = NVML_SUCCESS;
  else if (strcmp(text, "not_loaded") == 0) line->state->driver = NVML_ERROR_DRIVER_NOT_LOADED;
  else if (strcmp(text, "no_permission") == 0) line->state->driver = NVML_ERROR_NO_PERMISSION;
  else if (strcmp(text, "mismatch") == 0) line->state->driver = NVML_ERROR_LIB_RM_VERSION_MISMATCH;
  else if (strcmp(text, "unknown") == 0) line->state->driver = NVML_ERROR_UNKNOWN;
  else return wrong(line, "the driver is ok, not_loaded, no_permission, mismatch, unknown or a number");
  return true;
}

bool set_option(Line *line, const char *verb) {
  State *state = line->state;
  char *text = word(line);
  if (text == NULL) return wrong(line, "value is missing");
  if (strcmp(verb, "driver.version") == 0) snprintf(state->driver_version, sizeof state->driver_version, "%s", text);
  else if (strcmp(verb, "nvml.version") == 0) snprintf(state->nvml_version, sizeof state->nvml_version, "%s", text);
  else if (strcmp(verb, "cuda.version") == 0) state->cuda_version = atoi(text);
  else if (strcmp(verb, "epoch") == 0) state->epoch = strtod(text, NULL);
  else if (strcmp(verb, "abi") == 0 && strcmp(text, "v3-32") == 0) state->wide_processes = true;
  else if (strcmp(verb, "abi") == 0 && strcmp(text, "v3-24") == 0) state->wide_processes = false;
  else if (strcmp(verb, "pids") == 0 && strcmp(text, "caller") == 0) state->callers_pids = true;
  else if (strcmp(verb, "pids") == 0 && strcmp(text, "host") == 0) state->callers_pids = false;
  else return wrong(line, "'%s %s' is not understood", verb, text);
  return true;
}
