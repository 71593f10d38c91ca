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

enum { EVENTS = 1024, READ_BYTES = 256 << 10 };

struct connection {
  int fd;
  bool waits_to_send;
  uint64_t phase;     /* where on the tape its first byte lies */
  uint64_t asked;     /* bytes of requests, sent or to be sent */
  uint64_t sent;
  uint64_t received;
  uint64_t asked_at_ns;
};

struct run {
  const struct options *options;
  int epoll;
  struct tape requests, answers;
  bool is_echo;       /* the answer is the request; else it is the start of the tape */
  bool is_asking;
  bool is_leaving;    /* we have ended our side of every connection */
  bool is_measuring;
  uint64_t answered;
  uint64_t outstanding;
  int ended;
  struct latencies latencies;
  struct connection *connections;
  uint8_t *buffer;
};

static void watch(struct run *run, struct connection *connection, int verb, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(run->epoll, verb, connection->fd, &event) != 0) {
    fail("epoll_ctl: %s", strerror(errno));
  }
}

/* Sends what has been asked and not yet sent, as much as the kernel takes. */
static void send_asked(struct run *run, struct connection *connection) {
  while (connection->sent < connection->asked) {
    uint64_t left = connection->asked - connection->sent;
    const uint8_t *from = tape_at(&run->requests, connection->phase + connection->sent);
    ssize_t taken = send(connection->fd, from, left < TAPE_RUN ? left : TAPE_RUN, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno != EAGAIN) fail("send: %s", strerror(errno));
      if (!connection->waits_to_send) {
        connection->waits_to_send = true;
        watch(run, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      }
      return;
    }
    connection->sent += (uint64_t)taken;
  }
  if (connection->waits_to_send) {
    connection->waits_to_send = false;
    watch(run, connection, EPOLL_CTL_MOD, EPOLLIN);
  }
}

static void ask(struct run *run, struct connection *connection, uint64_t requests) {
  connection->asked += requests * (uint64_t)run->options->request_bytes;
  run->outstanding += requests;
  connection->asked_at_ns = now_ns();
  send_asked(run, connection);
}

static void receive(struct run *run, struct connection *connection) {
  ssize_t got = read(connection->fd, run->buffer, READ_BYTES);
  if (got < 0 && errno == EAGAIN) return;
  if (got < 0) fail("read: %s", strerror(errno));
  if (got == 0 && run->is_leaving) {
    run->ended += 1;
    epoll_ctl(run->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    return;
  }
  if (got == 0) fail("the server ended a connection");
  uint64_t phase = run->is_echo ? connection->phase : 0;
  tape_check(&run->answers, phase + connection->received, run->buffer, (size_t)got);
  uint64_t size = (uint64_t)run->options->response_bytes;
  uint64_t before = connection->received / size;
  connection->received += (uint64_t)got;
  uint64_t answers = connection->received / size - before;
  uint64_t asked = connection->asked / (uint64_t)run->options->request_bytes;
  if (connection->received > asked * size) fail("more bytes came than were asked for");
  if (answers == 0) return;
  run->outstanding -= answers;
  run->answered += answers;
  if (run->is_measuring && run->options->depth == 1) {
    latency_add(&run->latencies, now_ns() - connection->asked_at_ns);
  }
  if (run->is_asking) ask(run, connection, answers);
}

static void turn(struct run *run) {
  struct epoll_event events[EVENTS];
  int patience_ms = (int)(run->options->patience_s * 1000);
  int count = epoll_wait(run->epoll, events, EVENTS, patience_ms);
  if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
  if (count == 0 && run->is_leaving) {
    fail("the server does not end what we have ended: %d of %d connections",
         run->options->connections - run->ended, run->options->connections);
  }
  if (count == 0) {
    fail("an answer is short: %llu requests without one for %d ms",
         (unsigned long long)run->outstanding, patience_ms);
  }
  for (int i = 0; i < count; i += 1) {
    struct connection *connection = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) send_asked(run, connection);
    if (events[i].events & ~(uint32_t)EPOLLOUT) receive(run, connection);
  }
}

static void open_connections(struct run *run) {
  const struct options *options = run->options;
  run->connections = calloc((size_t)options->connections, sizeof *run->connections);
  for (int i = 0; i < options->connections; i += 1) {
    struct connection *connection = &run->connections[i];
    connection->fd = connect_socket(options, i, true);
    set_non_blocking(connection->fd);
    connection->phase = (uint64_t)i * 4099;
    watch(run, connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

/* Ends our side and reads to the server's end, so that bytes too many are seen, too. */
static void leave(struct run *run) {
  run->is_leaving = true;
  for (int i = 0; i < run->options->connections; i += 1) {
    if (shutdown(run->connections[i].fd, SHUT_WR) != 0) fail("shutdown: %s", strerror(errno));
  }
  while (run->ended < run->options->connections) turn(run);
}

struct report run_echo(const struct options *options) {
  struct run *run = calloc(1, sizeof *run);
  run->options = options;
  run->is_echo = options->response_bytes == options->request_bytes;
  run->requests = tape_new(TAPE_PERIOD);
  run->answers = run->is_echo ? run->requests : tape_new((size_t)options->response_bytes);
  run->buffer = malloc(READ_BYTES);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  open_connections(run);
  run->is_asking = true;
  for (int i = 0; i < options->connections; i += 1) {
    ask(run, &run->connections[i], (uint64_t)options->depth);
  }
  uint64_t end = now_ns() + ns_of(options->warmup_s);
  while (now_ns() < end || run->answered < (uint64_t)options->warmup_operations) turn(run);

  run->is_measuring = true;
  run->answered = 0;
  struct counts before = counters_read();
  uint64_t began = now_ns();
  while (now_ns() < began + ns_of(options->seconds)) turn(run);
  uint64_t took = now_ns() - began;
  struct counts after = counters_read();
  uint64_t answered = run->answered;
  run->is_measuring = false;

  run->is_asking = false;
  while (run->outstanding > 0) turn(run);
  leave(run);
  return (struct report){
      .operations = (double)answered,
      .bytes = (double)answered * (double)(options->request_bytes + options->response_bytes),
      .seconds = (double)took / 1e9,
      .cost = counts_between(before, after),
      .p50_us = latency_us(&run->latencies, 0.5),
      .p99_us = latency_us(&run->latencies, 0.99),
      .p999_us = latency_us(&run->latencies, 0.999),
      .max_us = (double)run->latencies.max_ns / 1000,
  };
}
