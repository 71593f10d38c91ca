#include "reactor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, ACCEPTS = 64, BACKLOG = 4096 };

uint8_t tape[1 << 20];
static int epoll;
static uint8_t buffer[OWNED_BYTES + READ_BYTES];
static size_t owned;

static void die(const char *what) {
  perror(what);
  exit(1);
}

void watch(struct connection *connection, uint32_t events) {
  if (connection->watched == events) return;
  connection->watched = events;
  struct epoll_event event = {.events = events, .data.ptr = connection};
  epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

struct connection *adopt(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) die("calloc");
  connection->fd = fd;
  connection->watched = EPOLLIN;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  return connection;
}

bool has_pending(const struct connection *connection) {
  return connection->pending_from < connection->pending_until;
}

static void keep(struct connection *connection, const uint8_t *data, size_t length) {
  size_t needed = connection->pending_until + length;
  if (needed > connection->pending_room) {
    connection->pending = realloc(connection->pending, needed);
    if (connection->pending == NULL) die("realloc");
    connection->pending_room = needed;
  }
  memcpy(connection->pending + connection->pending_until, data, length);
  connection->pending_until = needed;
}

bool put(struct connection *connection, const uint8_t *data, size_t length) {
  ssize_t taken = 0;
  if (!has_pending(connection)) {
    taken = send(connection->fd, data, length, MSG_NOSIGNAL);
    if (taken == (ssize_t)length) return true;
    if (taken < 0 && errno != EAGAIN) return false;
    if (taken < 0) taken = 0;
  }
  keep(connection, data + taken, length - (size_t)taken);
  watch(connection, EPOLLOUT);
  return true;
}

void end_sending(struct connection *connection) {
  if (has_pending(connection)) connection->ends_after_pending = true;
  else shutdown(connection->fd, SHUT_WR);
}

static void release(struct connection *connection) {
  close(connection->fd);
  free(connection->pending);
  free(connection);
}

/* False: close it. */
static bool flush(const struct service *service, struct connection *connection) {
  if (has_pending(connection)) {
    ssize_t taken = send(connection->fd, connection->pending + connection->pending_from,
                         connection->pending_until - connection->pending_from, MSG_NOSIGNAL);
    if (taken < 0) return errno == EAGAIN;
    connection->pending_from += (size_t)taken;
    if (has_pending(connection)) return true;
    connection->pending_from = connection->pending_until = 0;
    if (connection->ends_after_pending) shutdown(connection->fd, SHUT_WR);
  }
  watch(connection, connection->has_ended ? 0 : EPOLLIN);
  return service->writable == NULL || service->writable(connection);
}

/* False: close it. */
static bool take_in(const struct service *service, struct connection *connection) {
  uint8_t *into = buffer + owned;
  ssize_t got = read(connection->fd, into, READ_BYTES);
  if (got < 0) return errno == EAGAIN;
  if (service->owns_reads) owned = owned + (size_t)got < OWNED_BYTES ? owned + (size_t)got : 0;
  if (got > 0) return service->received(connection, into, (size_t)got);
  connection->has_ended = true;
  watch(connection, connection->watched & ~(uint32_t)EPOLLIN);
  return service->ended != NULL && service->ended(connection);
}

static void accept_some(const struct service *service, int listener) {
  for (int i = 0; i < ACCEPTS; i += 1) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct connection *connection = adopt(fd);
    if (service->opened != NULL && !service->opened(connection)) release(connection);
  }
}

/* A relay's two sides go together; events of this batch for the other one are forgotten. */
static void drop(struct connection *connection, struct epoll_event *events, int from, int count) {
  struct connection *peer = connection->peer;
  for (int i = from; i < count; i += 1) {
    if (events[i].data.ptr == connection || (peer != NULL && events[i].data.ptr == peer)) {
      events[i].events = 0;
    }
  }
  if (peer != NULL) release(peer);
  release(connection);
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(listener, BACKLOG) != 0) die("listen");
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  return listener;
}

void serve(int port, const struct service *service) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (size_t i = 0; i < sizeof tape; i += 1) tape[i] = (uint8_t)(31 * (i % 65536) + ((i % 65536) >> 8));
  epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_on(port);
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i += 1) {
      struct connection *connection = events[i].data.ptr;
      if (connection == NULL) {
        accept_some(service, listener);
        continue;
      }
      bool goes_on = true;
      if (events[i].events & EPOLLOUT) goes_on = flush(service, connection);
      else if (events[i].events & EPOLLIN) goes_on = take_in(service, connection);
      else if (events[i].events & (EPOLLHUP | EPOLLERR)) goes_on = false;
      if (!goes_on) drop(connection, events, i + 1, count);
    }
  }
}
