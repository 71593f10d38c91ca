#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { PORT = 1, PID, CPU, CONNECTIONS, SOURCES, SIZE, RESPONSE, DEPTH, WARMUP, WARMUP_OPERATIONS, SECONDS, WARMUP_BYTES, BYTES, PATIENCE };

static const struct option WORDS[] = {
    {"port", required_argument, NULL, PORT},
    {"pid", required_argument, NULL, PID},
    {"cpu", required_argument, NULL, CPU},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"sources", required_argument, NULL, SOURCES},
    {"size", required_argument, NULL, SIZE},
    {"response", required_argument, NULL, RESPONSE},
    {"depth", required_argument, NULL, DEPTH},
    {"warmup", required_argument, NULL, WARMUP},
    {"warmup-operations", required_argument, NULL, WARMUP_OPERATIONS},
    {"seconds", required_argument, NULL, SECONDS},
    {"warmup-bytes", required_argument, NULL, WARMUP_BYTES},
    {"bytes", required_argument, NULL, BYTES},
    {"patience", required_argument, NULL, PATIENCE},
    {NULL, 0, NULL, 0},
};

static void take(struct options *options, int word, const char *value) {
  switch (word) {
    case PORT: options->port = atoi(value); return;
    case PID: options->pid = atoi(value); return;
    case CPU: options->cpu = atoi(value); return;
    case CONNECTIONS: options->connections = atoi(value); return;
    case SOURCES: options->sources = atoi(value); return;
    case SIZE: options->request_bytes = atol(value); return;
    case RESPONSE: options->response_bytes = atol(value); return;
    case DEPTH: options->depth = atoi(value); return;
    case WARMUP: options->warmup_s = atof(value); return;
    case WARMUP_OPERATIONS: options->warmup_operations = atoll(value); return;
    case SECONDS: options->seconds = atof(value); return;
    case WARMUP_BYTES: options->warmup_bytes = atoll(value); return;
    case BYTES: options->bytes = atoll(value); return;
    case PATIENCE: options->patience_s = atof(value); return;
    default: fail("load: an option is not known");
  }
}

struct options options_read(int count, char **words) {
  struct options options = {
      .cpu = -1,
      .connections = 1,
      .sources = 1,
      .request_bytes = 64,
      .depth = 1,
      .warmup_s = 0.3,
      .seconds = 1,
      .warmup_bytes = 64 << 20,
      .bytes = 512 << 20,
      .patience_s = 15,
  };
  for (int word; (word = getopt_long(count, words, "", WORDS, NULL)) != -1;) {
    take(&options, word, optarg);
  }
  if (optind + 1 != count) fail("load: one workload must be named");
  options.workload = words[optind];
  if (options.response_bytes == 0) options.response_bytes = options.request_bytes;
  if (options.port <= 0 || options.connections <= 0 || options.depth <= 0 ||
      options.request_bytes <= 0 || options.bytes <= 0) {
    fail("load: --port, --connections, --depth, --size and --bytes must be positive");
  }
  return options;
}
