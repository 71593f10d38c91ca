/* A reactor with its tables and blocks, as the addon keeps them. */
#ifndef OW_REACTOR_RIG_H
#define OW_REACTOR_RIG_H

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../src/reactor.h"
#include "check.h"

enum { BIG_SIZE = 256 * 1024, SMALL_SIZE = 16 * 1024, SMALL_MAX = 16 };

struct rig {
  struct ow_reactor *reactor;
  struct ow_batch batch;
  struct ow_blocks blocks;
  char *smalls[SMALL_MAX];
  int small_count;
  int smalls_allowed;
};

static inline bool rig_next_small(void *context, struct ow_blocks *blocks) {
  struct rig *rig = context;
  if (rig->small_count >= rig->smalls_allowed) return false;
  blocks->small = malloc(SMALL_SIZE);
  blocks->small_size = SMALL_SIZE;
  blocks->small_used = 0;
  rig->smalls[rig->small_count++] = blocks->small;
  return true;
}

static inline struct rig *rig_new(void) {
  struct rig *rig = calloc(1, sizeof *rig);
  CHECK(rig != NULL);
  rig->reactor = ow_reactor_new();
  CHECK(rig->reactor != NULL);
  rig->smalls_allowed = SMALL_MAX;
  rig->batch.events = calloc(OW_EVENTS_MAX * OW_EVENT_FIELDS, sizeof(int32_t));
  rig->batch.names = calloc(OW_NAMES_MAX * OW_NAME_FIELDS, sizeof(int32_t));
  rig->batch.rights = calloc(OW_RIGHTS_MAX, sizeof(int32_t));
  rig->blocks.big = malloc(BIG_SIZE);
  rig->blocks.big_size = BIG_SIZE;
  rig->blocks.next_small = rig_next_small;
  rig->blocks.context = rig;
  return rig;
}

static inline void rig_free(struct rig *rig) {
  ow_reactor_free(rig->reactor);
  for (int index = 0; index < rig->small_count; index++) free(rig->smalls[index]);
  free(rig->blocks.big);
  free(rig->batch.events);
  free(rig->batch.names);
  free(rig->batch.rights);
  free(rig);
}

/* Whether there is something to collect. */
static inline bool rig_is_ready(const struct rig *rig, int wait_ms) {
  struct pollfd wait = {.fd = ow_reactor_descriptor(rig->reactor), .events = POLLIN};
  return poll(&wait, 1, wait_ms) == 1;
}

/* Collects, and leaves the batch open. */
static inline int rig_begin(struct rig *rig) {
  ow_collect(rig->reactor, &rig->batch, &rig->blocks);
  return rig->batch.event_count;
}

static inline void rig_done(struct rig *rig) {
  ow_batch_done(rig->reactor);
}

/* One batch. */
static inline int rig_collect(struct rig *rig) {
  int count = rig_begin(rig);
  rig_done(rig);
  return count;
}

static inline const int32_t *rig_event(const struct rig *rig, int index) {
  CHECK(index < rig->batch.event_count);
  return rig->batch.events + (size_t)index * OW_EVENT_FIELDS;
}

static inline void check_event(const struct rig *rig, int index, int slot, int kind) {
  CHECK_EQUAL(rig_event(rig, index)[0], slot);
  CHECK_EQUAL(rig_event(rig, index)[1], kind);
}

/* Where the bytes of an event lie. */
static inline const char *rig_bytes(const struct rig *rig, int index) {
  const int32_t *event = rig_event(rig, index);
  bool is_big = event[1] == OW_EVENT_BIG;
  CHECK(is_big || event[1] == OW_EVENT_SMALL || event[1] == OW_EVENT_NEXT_SMALL);
  return (is_big ? rig->blocks.big : rig->blocks.small) + event[2];
}

static inline int32_t rig_operate(struct rig *rig, int kind, int slot, int32_t a) {
  int32_t operation[OW_OPERATION_FIELDS] = {kind, slot, a, 12345};
  struct ow_sources sources = {0};
  ow_run(rig->reactor, operation, OW_OPERATION_FIELDS, &sources);
  return operation[3];
}

static inline int32_t rig_send(struct rig *rig, int slot, const char *bytes, int32_t size) {
  int32_t operation[] = {OW_SEND, slot, 1, 0, OW_ARENA, 0, size};
  struct ow_sources sources = {.arena = bytes};
  ow_run(rig->reactor, operation, sizeof operation / sizeof *operation, &sources);
  return operation[3];
}

static inline int rig_add(struct rig *rig, int fd, unsigned traits) {
  int slot = ow_add(rig->reactor, fd, traits);
  CHECK(slot >= 0);
  return slot;
}

/* As `rig_add`, and reads. */
static inline int rig_read(struct rig *rig, int fd, unsigned traits) {
  int slot = rig_add(rig, fd, traits);
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, slot, 0), 0);
  return slot;
}

enum { STREAM = OW_READS | OW_WRITES | OW_SOCKET };

static inline void unix_pair(int *ends) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
}

/* A listening TCP socket, and where it is. */
static inline int tcp_listener(struct sockaddr_in *at) {
  *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof *at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  CHECK(fd >= 0 && bind(fd, (struct sockaddr *)at, sizeof *at) == 0 && listen(fd, 256) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)at, &size) == 0);
  return fd;
}

static inline int tcp_client(const struct sockaddr_in *at) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0);
  return fd;
}

static inline void tcp_pair(int *ends) {
  struct sockaddr_in at;
  int listener = tcp_listener(&at);
  ends[0] = tcp_client(&at);
  ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CHECK(ends[1] >= 0);
  close(listener);
}

/* So that a close of this end is a reset to the other. */
static inline void reset_on_close(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
}

#endif
