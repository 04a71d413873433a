/*
 * The bare system calls of reading a node: of every process the eight namespace links, stat and cgroup, and of those in
 * containers (64 hex digits in their cgroup) status and cmdline. What a reading could cost at the least.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[1 << 16], path[300];

static long slurp(const char *pid, const char *file) {
  snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  long length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  fwrite(text, 1, length, stdout);
  return length;
}

int main(void) {
  static const char *types[] = {"net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"};
  DIR *proc = opendir("/proc");
  struct dirent *entry;
  while (proc && (entry = readdir(proc))) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    for (int at = 0; at < 8; at++) {
      snprintf(path, sizeof path, "/proc/%s/ns/%s", entry->d_name, types[at]);
      long length = readlink(path, text, sizeof text);
      if (length > 0) fwrite(text, 1, length, stdout);
    }
    slurp(entry->d_name, "stat");
    if (slurp(entry->d_name, "cgroup") && strstr(text, "kubepods")) {
      slurp(entry->d_name, "status");
      slurp(entry->d_name, "cmdline");
    }
    putchar('\n');
  }
  return 0;
}
