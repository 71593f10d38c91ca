/* server MODE PORT [PORT behind a relay | BYTES of a source]: the C server that others are held to. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services.h"

static const struct {
  const char *name;
  const struct service *service;
} MODES[] = {
    {"echo", &echo_service},   {"echo-owned", &echo_owned_service},
    {"small", &small_service}, {"small-coalesced", &small_coalesced_service},
    {"sink", &sink_service},   {"sink-owned", &sink_owned_service},
    {"source", &source_service}, {"relay", &relay_service},
};

int main(int count, char **words) {
  if (count < 3) {
    fprintf(stderr, "usage: server MODE PORT [PORT | BYTES]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  if (count > 3) {
    set_relay_port(atoi(words[3]));
    set_source_bytes(strtoull(words[3], NULL, 10));
  }
  for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i += 1) {
    if (strcmp(MODES[i].name, words[1]) == 0) serve(atoi(words[2]), MODES[i].service);
  }
  fprintf(stderr, "there is no mode %s\n", words[1]);
  return 2;
}
