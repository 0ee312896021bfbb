/* A line of the script, and the directives that it can be. */
#ifndef LINE_H
#define LINE_H

#include "model.h"

/* A line that is being read, and what is wrong with it. */
typedef struct {
  State *state;
  char *rest;
  char *problem;
  size_t room;
} Line;

/* Says what is wrong with the line; always false. */
bool wrong(Line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The next word; NULL at the end. */
char *word(Line *line);
/* The next word as a number, a value, or the slot of a device; `what` names it in a message. */
bool number(Line *line, const char *what, unsigned long *n);
bool value(Line *line, const char *text, Value *v);
bool slot(Line *line, Device **device);
/* Cuts key=value; the name takes the rest of the line. */
bool pair(Line *line, char **key, char **text);

/* Directives, whose name was cut off: device-lines.c, entity-lines.c, rule-lines.c. */
bool add_device(Line *line);
bool set_presence(Line *line, bool present);
bool set(Line *line);
bool set_field(Line *line);
bool set_link(Line *line);
bool set_gpm(Line *line);
bool set_mig_gpm(Line *line);
bool add_process(Line *line);
bool name_process(Line *line);
bool add_sample(Line *line);
bool add_mig(Line *line);
bool add_event(Line *line);
bool add_rule(Line *line, const char *verb);
bool set_driver(Line *line);
bool set_option(Line *line, const char *verb);

#endif
