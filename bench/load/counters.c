#include "counters.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process-time.h"

enum { CYCLES, INSTRUCTIONS, TASK_CLOCK, KINDS };
enum { THREADS_MAX = 256 };

static const struct { uint32_t type; uint64_t config; } EVENTS[KINDS] = {
    [CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    [INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    [TASK_CLOCK] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
};

static pid_t watched;
static int counters[KINDS][THREADS_MAX];
static int thread_count;
static int is_given[KINDS];

/* A counter of one thread, user and kernel, inherited by all that it starts; -1 if not allowed. */
static int open_counter(int kind, pid_t thread) {
  struct perf_event_attr event;
  memset(&event, 0, sizeof event);
  event.size = sizeof event;
  event.type = EVENTS[kind].type;
  event.config = EVENTS[kind].config;
  event.inherit = 1;
  event.exclude_hv = 1;
  event.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return (int)syscall(SYS_perf_event_open, &event, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void counters_attach(pid_t pid) {
  watched = pid;
  if (pid <= 0) return;
  for (int kind = 0; kind < KINDS; kind += 1) is_given[kind] = 1;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (threads == NULL) return;
  for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
    if (entry->d_name[0] == '.' || thread_count == THREADS_MAX) continue;
    for (int kind = 0; kind < KINDS; kind += 1) {
      counters[kind][thread_count] = open_counter(kind, atoi(entry->d_name));
      if (counters[kind][thread_count] < 0) is_given[kind] = 0;
    }
    thread_count += 1;
  }
  closedir(threads);
}

/* The sum over the threads; scaled where the counters of the machine had to be shared out. */
static int64_t read_kind(int kind) {
  if (thread_count == 0 || !is_given[kind]) return -1;
  double sum = 0;
  for (int i = 0; i < thread_count; i += 1) {
    struct { uint64_t value, enabled, running; } got;
    if (read(counters[kind][i], &got, sizeof got) != sizeof got) return -1;
    if (got.running > 0) sum += (double)got.value * ((double)got.enabled / (double)got.running);
  }
  return (int64_t)sum;
}

struct counts counters_read(void) {
  struct counts counts = {
      .cpu_ns = read_kind(TASK_CLOCK),
      .cycles = read_kind(CYCLES),
      .instructions = read_kind(INSTRUCTIONS),
  };
  if (counts.cpu_ns < 0) counts.cpu_ns = process_time_ns(watched);
  return counts;
}

static int64_t difference(int64_t before, int64_t after) {
  return before < 0 || after < 0 ? -1 : after - before;
}

struct counts counts_between(struct counts before, struct counts after) {
  return (struct counts){
      .cpu_ns = difference(before.cpu_ns, after.cpu_ns),
      .cycles = difference(before.cycles, after.cycles),
      .instructions = difference(before.instructions, after.instructions),
  };
}

int64_t resident_bytes(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/statm", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  long all = 0, resident = 0;
  int found = fscanf(file, "%ld %ld", &all, &resident);
  fclose(file);
  return found == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -1;
}
