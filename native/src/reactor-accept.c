/* Connections that arrive at a listener, and those that were begun from here. */
#define _GNU_SOURCE
#include "reactor-internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of one listener, before others have their turn. */
enum { ACCEPTS_MAX = 64 };

static void put_name(struct ow_batch *batch, const struct sockaddr_storage *name) {
  int32_t *fields = batch->names + (size_t)batch->name_count++ * OW_NAME_FIELDS;
  memset(fields, 0, OW_NAME_FIELDS * sizeof *fields);
  if (name->ss_family == AF_INET) {
    const struct sockaddr_in *internet = (const struct sockaddr_in *)name;
    fields[0] = 4;
    fields[1] = ntohs(internet->sin_port);
    fields[2] = (int32_t)ntohl(internet->sin_addr.s_addr);
  } else if (name->ss_family == AF_INET6) {
    fields[0] = 6;
    fields[1] = ntohs(((const struct sockaddr_in6 *)name)->sin6_port);
  } else if (name->ss_family == AF_UNIX) {
    fields[0] = 1;
  }
}

/* It stays ready: watched on, it would burn a core. */
static bool not_accepted(struct ow_reactor *reactor, int32_t listener, struct ow_batch *batch,
                         int failure) {
  reactor->slots[listener].flags &= ~(uint32_t)READING;
  ow_watch(reactor, listener);
  put(batch, listener, OW_EVENT_NOT_ACCEPTED, failure, 0);
  return false;
}

/* Whether the listener is to be asked again at once. */
static bool accept_one(struct ow_reactor *reactor, int32_t listener, struct ow_batch *batch) {
  uint32_t flags = reactor->slots[listener].flags;
  struct sockaddr_storage name;
  memset(&name, 0, sizeof name);
  socklen_t size = sizeof name;
  int fd = accept4(reactor->slots[listener].fd, (struct sockaddr *)&name, &size,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) return true;
    return not_accepted(reactor, listener, batch, errno);
  }
  unsigned traits = OW_READS | OW_WRITES | OW_SOCKET | (flags & (OW_TCP | OW_RIGHTS));
  bool is_counted = reactor->fresh_count < OW_EVENTS_MAX;
  int slot = ow_take_slot(reactor, fd, traits | (is_counted ? FRESH : 0));
  if (slot < 0) {
    close(fd);
    return not_accepted(reactor, listener, batch, -slot);
  }
  if (is_counted) reactor->fresh[reactor->fresh_count++] = slot;
  put(batch, slot, OW_EVENT_ACCEPTED, listener, batch->name_count);
  put_name(batch, &name);
  return true;
}

void ow_accept_ready(struct ow_reactor *reactor, int32_t listener, struct ow_batch *batch) {
  for (int accepted = 0; accepted < ACCEPTS_MAX; accepted++) {
    /* One may report two events: the new one's, and the listener's. */
    if (batch->event_count + 2 > OW_EVENTS_MAX || batch->name_count >= OW_NAMES_MAX) return;
    if (!accept_one(reactor, listener, batch)) return;
  }
}

int ow_error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error;
}

void ow_connect_ready(struct ow_reactor *reactor, int32_t number, struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  int error = ow_error_of(slot->fd);
  slot->flags &= ~(uint32_t)(WAITS_TO_WRITE | OW_CONNECTS);
  ow_watch(reactor, number);
  put(batch, number, OW_EVENT_CONNECTED, error, 0);
}
