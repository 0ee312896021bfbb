/* Starts as many processes as the first argument says, prints their PIDs, and ends them when standard input closes. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int wanted = count > 1 ? atoi(arguments[1]) : 0;
  for (int i = 0; i < wanted; i++) {
    pid_t pid = fork();
    if (pid < 0) return perror("fork"), 1;
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      fclose(stdin);
      for (;;) pause();
    }
    printf("%d\n", pid);
  }
  printf("\n");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
