#include "process-time.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t running_ns(pid_t pid, const char *thread) {
  char path[96];
  snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", pid, thread);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  long long ns = 0;
  int found = fscanf(file, "%lld", &ns);
  fclose(file);
  return found == 1 ? ns : 0;
}

static int64_t children_ns(pid_t pid, const char *thread) {
  char path[96];
  snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", pid, thread);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  int64_t sum = 0;
  for (int child; fscanf(file, "%d", &child) == 1;) sum += process_time_ns(child);
  fclose(file);
  return sum;
}

/* Time of children that have ended, which the kernel keeps in ticks. */
static int64_t ended_children_ns(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  const char *after_name = strrchr(text, ')');
  unsigned long long user = 0, system = 0;
  if (after_name == NULL ||
      sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %llu %llu",
             &user, &system) != 2) {
    return 0;
  }
  return (int64_t)((user + system) * (1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK)));
}

int64_t process_time_ns(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (threads == NULL) return 0;
  int64_t sum = ended_children_ns(pid);
  for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    sum += running_ns(pid, entry->d_name) + children_ns(pid, entry->d_name);
  }
  closedir(threads);
  return sum;
}
