#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "socket.h"
#include "tape.h"
#include "workloads.h"

enum { REQUEST_MAX = 64 << 10, FIRST = 64, FIRST_REQUESTS = 100 };

static uint8_t buffer[REQUEST_MAX];

static void ask_once(int fd, const struct tape *tape, size_t size) {
  if (send(fd, tape_at(tape, 0), size, MSG_NOSIGNAL) != (ssize_t)size) {
    fail("send: %s", strerror(errno));
  }
  for (size_t received = 0; received < size;) {
    ssize_t got = read(fd, buffer, size - received);
    if (got <= 0) fail("an answer is short: %zu of %zu bytes", received, size);
    tape_check(tape, received, buffer, (size_t)got);
    received += (size_t)got;
  }
}

/*
 * The first connections and requests, which make the server load and compile what it needs, come
 * before the first look at its memory and are not counted.
 */
struct report run_idle(const struct options *options) {
  if (options->request_bytes > REQUEST_MAX) fail("load: idle takes requests of at most 64 KiB");
  struct tape tape = tape_new(TAPE_PERIOD);
  int *fds = calloc((size_t)options->connections + FIRST, sizeof *fds);
  uint64_t began = now_ns();
  int64_t before = 0;
  struct counts cost = {0};
  for (int i = 0; i < options->connections + FIRST; i += 1) {
    if (i == FIRST) {
      usleep((useconds_t)(options->seconds * 1e6));
      before = resident_bytes(options->pid);
      cost = counters_read();
      began = now_ns();
    }
    fds[i] = connect_socket(options, i, true);
    set_patience(fds[i], options->patience_s);
    int requests = i < FIRST ? FIRST_REQUESTS : 1;
    for (int n = 0; n < requests; n += 1) ask_once(fds[i], &tape, (size_t)options->request_bytes);
  }
  double took = (double)(now_ns() - began) / 1e9;
  cost = counts_between(cost, counters_read());
  usleep((useconds_t)(options->seconds * 1e6));
  return (struct report){
      .operations = options->connections,
      .seconds = took,
      .cost = cost,
      .rss_before_bytes = before,
      .rss_after_bytes = resident_bytes(options->pid),
  };
}
