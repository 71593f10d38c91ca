#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void number(const char *name, double value) { printf(",\"%s\":%.17g", name, value); }

/* A count that the machine does not give is null, never 0. */
static void count(const char *name, int64_t value) {
  if (value < 0) printf(",\"%s\":null", name);
  else printf(",\"%s\":%lld", name, (long long)value);
}

void report_print(const char *workload, const struct report *report) {
  printf("{\"workload\":\"%s\"", workload);
  number("operations", report->operations);
  number("bytes", report->bytes);
  number("seconds", report->seconds);
  count("cpuNs", report->cost.cpu_ns);
  count("cycles", report->cost.cycles);
  count("instructions", report->cost.instructions);
  number("p50Us", report->p50_us);
  number("p99Us", report->p99_us);
  number("p999Us", report->p999_us);
  number("maxUs", report->max_us);
  count("rssBeforeBytes", report->rss_before_bytes);
  count("rssAfterBytes", report->rss_after_bytes);
  count("lost", report->lost);
  printf("}\n");
}

void fail(const char *format, ...) {
  char why[256];
  va_list values;
  va_start(values, format);
  vsnprintf(why, sizeof why, format, values);
  va_end(values);
  for (char *at = why; *at != '\0'; at += 1) {
    if (*at == '"' || *at == '\\' || *at < ' ') *at = '\'';
  }
  printf("{\"error\":\"%s\"}\n", why);
  exit(1);
}
