#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "latency.h"
#include "socket.h"
#include "tape.h"
#include "workloads.h"

enum { EVENTS = 256, REQUEST_MAX = 64 << 10 };

/* One place among those in flight; a connection after the other passes through it. */
struct place {
  int fd;
  bool has_asked;
  size_t received;
  uint64_t began_ns;
};

struct run {
  const struct options *options;
  int epoll;
  int opened;
  struct tape tape;
  bool is_measuring;
  uint64_t done;
  struct latencies latencies;
  uint8_t buffer[REQUEST_MAX];
};

static void watch(struct run *run, struct place *place, int verb, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = place};
  if (epoll_ctl(run->epoll, verb, place->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

static void begin(struct run *run, struct place *place) {
  place->began_ns = now_ns();
  place->fd = connect_socket(run->options, run->opened++, false);
  place->has_asked = false;
  place->received = 0;
  watch(run, place, EPOLL_CTL_ADD, EPOLLOUT);
}

static void go_on(struct run *run, struct place *place) {
  size_t size = (size_t)run->options->request_bytes;
  if (!place->has_asked) {
    ssize_t taken = send(place->fd, tape_at(&run->tape, 0), size, MSG_NOSIGNAL);
    if (taken != (ssize_t)size) fail("connect or send: %s", strerror(errno));
    place->has_asked = true;
    watch(run, place, EPOLL_CTL_MOD, EPOLLIN);
    return;
  }
  ssize_t got = read(place->fd, run->buffer, sizeof run->buffer);
  if (got < 0 && errno == EAGAIN) return;
  if (got < 0) fail("read: %s", strerror(errno));
  if (got == 0) fail("an answer is short: %zu of %zu bytes", place->received, size);
  if (place->received + (size_t)got > size) fail("more bytes came than were asked for");
  tape_check(&run->tape, place->received, run->buffer, (size_t)got);
  place->received += (size_t)got;
  if (place->received < size) return;
  close(place->fd);
  run->done += 1;
  if (run->is_measuring) latency_add(&run->latencies, now_ns() - place->began_ns);
  begin(run, place);
}

static void turn(struct run *run) {
  struct epoll_event events[EVENTS];
  int patience_ms = (int)(run->options->patience_s * 1000);
  int count = epoll_wait(run->epoll, events, EVENTS, patience_ms);
  if (count == 0) fail("an answer is short: nothing came for %d ms", patience_ms);
  for (int i = 0; i < count; i += 1) go_on(run, events[i].data.ptr);
}

struct report run_churn(const struct options *options) {
  if (options->request_bytes > REQUEST_MAX) fail("load: churn takes requests of at most 64 KiB");
  struct run *run = calloc(1, sizeof *run);
  run->options = options;
  run->tape = tape_new(TAPE_PERIOD);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  struct place *places = calloc((size_t)options->connections, sizeof *places);
  for (int i = 0; i < options->connections; i += 1) begin(run, &places[i]);
  uint64_t end = now_ns() + ns_of(options->warmup_s);
  while (now_ns() < end || run->done < (uint64_t)options->warmup_operations) turn(run);

  run->is_measuring = true;
  run->done = 0;
  struct counts before = counters_read();
  uint64_t began = now_ns();
  while (now_ns() < began + ns_of(options->seconds)) turn(run);
  uint64_t took = now_ns() - began;
  return (struct report){
      .operations = (double)run->done,
      .bytes = (double)run->done * 2 * (double)options->request_bytes,
      .seconds = (double)took / 1e9,
      .cost = counts_between(before, counters_read()),
      .p50_us = latency_us(&run->latencies, 0.5),
      .p99_us = latency_us(&run->latencies, 0.99),
      .p999_us = latency_us(&run->latencies, 0.999),
      .max_us = (double)run->latencies.max_ns / 1000,
  };
}
