/*
 * The load generator: one process, one thread. It asks a server on the loopback, checks every byte
 * of every answer, counts what the server's process costs, and prints one line of JSON.
 */
#include <sched.h>
#include <string.h>

#include "counters.h"
#include "options.h"
#include "report.h"
#include "socket.h"
#include "workloads.h"

static const struct {
  const char *name;
  struct report (*run)(const struct options *);
} WORKLOADS[] = {
    {"echo", run_echo},   {"sink", run_sink}, {"source", run_source},
    {"churn", run_churn}, {"idle", run_idle}, {"many", run_many},
};

static void keep_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) fail("there is no processor %d", cpu);
}

int main(int count, char **words) {
  struct options options = options_read(count, words);
  raise_descriptor_limit();
  if (options.cpu >= 0) keep_to(options.cpu);
  counters_attach(options.pid);
  for (size_t i = 0; i < sizeof WORKLOADS / sizeof *WORKLOADS; i += 1) {
    if (strcmp(WORKLOADS[i].name, options.workload) != 0) continue;
    struct report report = WORKLOADS[i].run(&options);
    report_print(options.workload, &report);
    return 0;
  }
  fail("load: there is no workload %s", options.workload);
}
