/* What the script says, as the functions read it. */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include "nvml.h"

#define MAX_DEVICES 64
#define MAX_LINKS 36
#define MAX_MIG 32
#define MAX_GPM 512
#define MAX_EVENTS 4096
#define MAX_FIELD_ID 1024
#define ANY_SCOPE 0xFFFFFFFFu

typedef enum {
#define PROPERTY(id, name) P_##id,
#define TEXT(id, name)
#include "properties.def"
#undef PROPERTY
#undef TEXT
  PROPERTY_COUNT
} Property;

typedef enum {
#define PROPERTY(id, name)
#define TEXT(id, name) T_##id,
#include "properties.def"
#undef PROPERTY
#undef TEXT
  TEXT_COUNT
} Text;

typedef enum {
#define SYSTEM(name) FN_##name,
#define DEVICE(name) FN_##name,
#define ENTITY(name) FN_##name,
#include "functions.def"
#undef SYSTEM
#undef DEVICE
#undef ENTITY
  FUNCTION_COUNT
} Function;

typedef enum { ABSENT, CONSTANT, ALL_ONES, CODE, COUNTER, WAVE, SQUARE, INTEGRAL, REFERENCE } Kind;

/* A value that may move: see the table of spellings in README.md. */
typedef struct {
  Kind kind;
  bool whole;       /* whether `n` is the constant or the start */
  int property;     /* of a reference or an integral */
  nvmlReturn_t code;
  uint64_t n;
  double a, b, c;   /* start and rate · low, high and period · start · factor */
  double offset;    /* keeps a counter going over a change of the script */
} Value;

/* What a value is at a moment. */
typedef struct {
  nvmlReturn_t code;
  uint64_t u;
  double f;
} Number;

typedef struct { unsigned int id, low, high, type; Value value; } Field;
typedef enum { COMPUTE, GRAPHICS, MPS } ProcessType;
enum { SM, MEM, ENC, DEC, JPG, OFA, SHARES };
typedef struct {
  unsigned int pid, ns_pid;
  ProcessType type;
  unsigned int gi, ci;
  Value memory, protected_memory, share[SHARES];
  bool has_shares;
} Process;
typedef struct { unsigned int pid; uint64_t time; unsigned int share[4]; } UtilizationSample;

enum { MIG_TOTAL, MIG_USED, MIG_RESERVED, MIG_VALUES };
enum { A_SM, A_COPY, A_DECODERS, A_ENCODERS, A_JPEGS, A_OFAS, A_GI_SLICES, A_CI_SLICES, A_START, A_SIZE, A_PROFILE_ID, ATTRIBUTES };
typedef struct {
  bool present;
  unsigned int gi, ci;
  char profile[32], uuid[96], name[96];
  Value values[MIG_VALUES];
  unsigned int attributes[ATTRIBUTES];
} Mig;
typedef struct { unsigned int gi, metric; Value value; } MigMetric;

enum { L_STATE, L_VERSION, L_SPEED, L_REPLAY, L_RECOVERY, L_CRC_FLIT, L_CRC_DATA, L_ECC, LINK_VALUES };

typedef enum { NO_HANG, HANG, HANG_UNINTERRUPTIBLE } Hang;
typedef struct { nvmlReturn_t code; unsigned int sleep_ms; Hang hang; bool crash; } Rule;

typedef struct {
  bool declared, present;
  unsigned int slot;
  Value values[PROPERTY_COUNT];
  char texts[TEXT_COUNT][96];
  Value links[MAX_LINKS][LINK_VALUES];
  Field *fields;
  size_t field_count, field_room;
  int first_field[MAX_FIELD_ID];
  Value gpm[MAX_GPM];
  MigMetric *mig_metrics;
  size_t mig_metric_count;
  Mig migs[MAX_MIG];
  Process *processes;
  size_t process_count, process_room;
  UtilizationSample *samples;
  size_t sample_count;
  Rule rules[FUNCTION_COUNT];
  Rule mig_rules[FUNCTION_COUNT];
} Device;

typedef struct { unsigned int id, slot; uint64_t type, data; unsigned int gi, ci; double after; } Event;
typedef struct { unsigned int pid; char name[64]; } ProcessName;

typedef struct {
  Device *devices[MAX_DEVICES];
  Rule rules[FUNCTION_COUNT];
  nvmlReturn_t driver;
  char driver_version[80], nvml_version[80];
  int cuda_version;
  bool wide_processes, callers_pids, broken;
  double epoch;
  Event *events;
  size_t event_count;
  ProcessName *names;
  size_t name_count;
} State;

/* script.c */
State *read_script(const char *path);
State *default_state(void);
void free_state(State *state);
bool apply_line(State *state, char *line, char *problem, size_t room);
void *grow(void *items, size_t count, size_t size);
extern const char *const property_names[PROPERTY_COUNT];
extern const char *const text_names[TEXT_COUNT];
extern const char *const function_names[FUNCTION_COUNT];
int find_name(const char *const *names, int count, const char *name);

/* presets.c */
const char *preset(const char *name);

/* value.c */
bool parse_value(const char *text, Value *value);
Number evaluate(const Device *device, const Value *value, double seconds);
void carry_on(const State *before, State *after, double before_seconds, double after_seconds);

#endif
