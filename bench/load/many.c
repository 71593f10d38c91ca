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

enum { EVENTS = 1024, REQUEST_MAX = 4096, BACKLOG = 256 };

struct connection {
  int fd;
  bool is_lost;
  size_t awaited;       /* bytes of its answer that have not come */
  uint64_t asked_at_ns;
};

struct run {
  const struct options *options;
  int epoll;
  struct tape tape;
  struct connection *connections;
  uint64_t answered, outstanding, lost;
  struct latencies latencies;
  uint8_t buffer[REQUEST_MAX];
};

static void lose(struct run *run, struct connection *connection) {
  if (connection->is_lost) return;
  connection->is_lost = true;
  run->lost += 1;
  if (connection->awaited > 0) run->outstanding -= 1;
  close(connection->fd);
}

/* A request that the one before has not been answered yet is left out, and shows as latency. */
static void ask(struct run *run, struct connection *connection) {
  if (connection->is_lost || connection->awaited > 0) return;
  size_t size = (size_t)run->options->request_bytes;
  connection->asked_at_ns = now_ns();
  if (send(connection->fd, tape_at(&run->tape, 0), size, MSG_NOSIGNAL) != (ssize_t)size) {
    lose(run, connection);
    return;
  }
  connection->awaited = size;
  run->outstanding += 1;
}

static void receive(struct run *run, struct connection *connection) {
  if (connection->is_lost) return;
  ssize_t got = read(connection->fd, run->buffer, sizeof run->buffer);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    lose(run, connection);
    return;
  }
  if ((size_t)got > connection->awaited) fail("more bytes came than were asked for");
  size_t size = (size_t)run->options->request_bytes;
  tape_check(&run->tape, size - connection->awaited, run->buffer, (size_t)got);
  connection->awaited -= (size_t)got;
  if (connection->awaited > 0) return;
  run->outstanding -= 1;
  run->answered += 1;
  latency_add(&run->latencies, now_ns() - connection->asked_at_ns);
}

static void turn(struct run *run, int wait_ms) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(run->epoll, events, EVENTS, wait_ms);
  for (int i = 0; i < count; i += 1) receive(run, events[i].data.ptr);
}

static void open_connections(struct run *run) {
  const struct options *options = run->options;
  run->connections = calloc((size_t)options->connections, sizeof *run->connections);
  for (int i = 0; i < options->connections; i += 1) {
    struct connection *connection = &run->connections[i];
    connection->fd = connect_socket(options, i, true);
    set_non_blocking(connection->fd);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, connection->fd, &event);
    if (i % BACKLOG == BACKLOG - 1) usleep(1000);
  }
}

struct report run_many(const struct options *options) {
  if (options->request_bytes > REQUEST_MAX) fail("load: many takes requests of at most 4 KiB");
  struct run *run = calloc(1, sizeof *run);
  run->options = options;
  run->tape = tape_new(TAPE_PERIOD);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  open_connections(run);

  struct counts before = counters_read();
  uint64_t began = now_ns();
  uint64_t rounds = (uint64_t)(options->seconds + 0.5);
  uint64_t count = (uint64_t)options->connections;
  /* Request n is due n / count seconds after the start, so that a second's requests are spread. */
  for (uint64_t n = 0; n < rounds * count;) {
    uint64_t due = (uint64_t)((double)(now_ns() - began) * (double)count / 1e9);
    for (; n < due && n < rounds * count; n += 1) ask(run, &run->connections[n % count]);
    turn(run, 1);
  }
  for (uint64_t end = now_ns() + ns_of(options->patience_s);
       run->outstanding > 0 && now_ns() < end;) {
    turn(run, 100);
  }
  return (struct report){
      .operations = (double)run->answered,
      .bytes = (double)run->answered * 2 * (double)options->request_bytes,
      .seconds = (double)(now_ns() - began) / 1e9,
      .cost = counts_between(before, counters_read()),
      .p50_us = latency_us(&run->latencies, 0.5),
      .p99_us = latency_us(&run->latencies, 0.99),
      .p999_us = latency_us(&run->latencies, 0.999),
      .max_us = (double)run->latencies.max_ns / 1000,
      .lost = (int64_t)(run->lost + run->outstanding),
  };
}
