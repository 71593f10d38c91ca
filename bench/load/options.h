#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What one run is asked to do; see options.c for the words of the command line. */
struct options {
  const char *workload;
  int port;
  pid_t pid;          /* the server, whose CPU time and memory are counted */
  int cpu;            /* this process keeps to that processor; -1: anywhere */
  int connections;
  int sources;        /* client addresses 127.0.0.2 and on; 1: 127.0.0.1 alone */
  long request_bytes;
  long response_bytes;
  int depth;          /* requests on the way at once, per connection */
  double warmup_s;            /* the warm-up ends when both have passed */
  int64_t warmup_operations;
  double seconds;
  int64_t warmup_bytes;
  int64_t bytes;
  double patience_s;          /* how long an answer may be awaited */
};

struct options options_read(int count, char **words);
