/* Cuts a line of the script into words, and finds its directive. */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool wrong(Line *line, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(line->problem, line->room, format, list);
  va_end(list);
  return false;
}

char *word(Line *line) {
  char *start = line->rest + strspn(line->rest, " \t");
  if (*start == 0) return NULL;
  char *end = start + strcspn(start, " \t");
  line->rest = *end == 0 ? end : end + 1;
  *end = 0;
  return start;
}

bool number(Line *line, const char *what, unsigned long *n) {
  char *text = word(line), *end;
  if (text == NULL) return wrong(line, "%s is missing", what);
  *n = strtoul(text, &end, 0);
  return *end == 0 ? true : wrong(line, "%s is '%s', not a number", what, text);
}

bool value(Line *line, const char *text, Value *v) {
  if (text == NULL) return wrong(line, "value is missing");
  return parse_value(text, v) ? true : wrong(line, "'%s' is not a value", text);
}

bool slot(Line *line, Device **device) {
  unsigned long n;
  if (!number(line, "slot", &n)) return false;
  if (n >= MAX_DEVICES || line->state->devices[n] == NULL) return wrong(line, "slot %lu has no device", n);
  *device = line->state->devices[n];
  return true;
}

bool pair(Line *line, char **key, char **text) {
  char *start = line->rest + strspn(line->rest, " \t");
  if (strncmp(start, "name=", 5) == 0) {
    *key = "name";
    *text = start + 5;
    line->rest = start + strlen(start);
    return true;
  }
  *key = word(line);
  if (*key == NULL) return false;
  char *equals = strchr(*key, '=');
  *text = equals == NULL ? NULL : equals + 1;
  if (equals != NULL) *equals = 0;
  return true;
}

bool apply_line(State *state, char *text, char *problem, size_t room) {
  Line line = {state, text, problem, room};
  char *verb = word(&line);
  if (verb == NULL || verb[0] == '#') return true;
  if (strcmp(verb, "device") == 0) return add_device(&line);
  if (strcmp(verb, "set") == 0) return set(&line);
  if (strcmp(verb, "absent") == 0) return set_presence(&line, false);
  if (strcmp(verb, "present") == 0) return set_presence(&line, true);
  if (strcmp(verb, "field") == 0) return set_field(&line);
  if (strcmp(verb, "link") == 0) return set_link(&line);
  if (strcmp(verb, "gpm") == 0) return set_gpm(&line);
  if (strcmp(verb, "mig-gpm") == 0) return set_mig_gpm(&line);
  if (strcmp(verb, "process") == 0) return add_process(&line);
  if (strcmp(verb, "sample") == 0) return add_sample(&line);
  if (strcmp(verb, "mig") == 0) return add_mig(&line);
  if (strcmp(verb, "event") == 0) return add_event(&line);
  if (strcmp(verb, "driver") == 0) return set_driver(&line);
  if (strcmp(verb, "process-name") == 0) return name_process(&line);
  if (strcmp(verb, "fail") == 0 || strcmp(verb, "sleep") == 0 || strcmp(verb, "hang") == 0 || strcmp(verb, "crash") == 0) return add_rule(&line, verb);
  return set_option(&line, verb);
}
