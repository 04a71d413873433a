/*
 * The pause container: waits for ever and so keeps the pod's Linux namespaces alive. As PID 1 of a shared PID
 * namespace it inherits orphans, hence it reaps; ends on INT and TERM, for which PID 1 has no default action.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(int signal) {
  (void)signal;
  _exit(0);
}

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "-v") == 0) {
    puts("pause 1.0 (pod-sandbox-explorer test bench)");
    return 0;
  }
  struct sigaction action = {.sa_handler = stop};
  if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0) return 1;
  action.sa_handler = reap;
  action.sa_flags = SA_NOCLDSTOP;
  if (sigaction(SIGCHLD, &action, NULL) != 0) return 1;
  for (;;) pause();
}
