/* Keeps a process from being reaped by its parent after it was killed, as one that sits in a call of the kernel: the death of a
 * process that is traced is told to its tracer first. `tracer PID` traces until its standard input ends. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 2 || ptrace(PTRACE_SEIZE, (pid_t)atoi(argv[1]), 0, 0) != 0) return 1;
  puts("traced");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}
