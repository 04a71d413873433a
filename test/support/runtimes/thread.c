/*
 * A process whose second thread alone is in a net namespace of its own, as Go programs that forget to come back are.
 * Both wait for ever.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

static void *leave(void *nothing) {
  (void)nothing;
  if (unshare(CLONE_NEWNET) != 0) _exit(1);
  for (;;) pause();
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, leave, NULL) != 0) return 1;
  for (;;) pause();
}
