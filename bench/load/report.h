#pragma once
#include <stdint.h>

#include "counters.h"

/* What a run found. Counts are of the measured window, not per operation. */
struct report {
  double operations;
  double bytes;
  double seconds;
  struct counts cost;
  double p50_us, p99_us, p999_us, max_us;
  int64_t rss_before_bytes, rss_after_bytes;
  int64_t lost;
};

/* Prints the report as one line of JSON. */
void report_print(const char *workload, const struct report *report);

/* Says why the run is void, as JSON, and ends the process with status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
