/*
 * The inside of the reactor, for its own files alone: what a slot and the reactor hold, and what one
 * of the files does for the others. What is here in full lies on the way of every event.
 */
#ifndef OW_REACTOR_INTERNAL_H
#define OW_REACTOR_INTERNAL_H

#include <sys/socket.h>

#include "pump.h"
#include "reactor.h"
#include "rights.h"

/* What a slot goes through, above its traits. */
enum ow_state {
  READING = 1 << 16,
  WAITS_TO_WRITE = 1 << 17,
  ENDED = 1 << 18,
  FAILED = 1 << 19,
  UNWATCHED = 1 << 20, /* taken out of the set, since it would be ready for ever */
  OPEN = 1 << 21,
  ENDED_NOW = 1 << 22, /* within this batch: watched as before until it is done */
  LEAVES_PROCESS = 1 << 23,
  FRESH = 1 << 24, /* accepted, and watched as if it were read: most are, within the turn */
  EDGE = 1 << 25, /* watched for what is new: what is left lying is not told again */
  LARGE = 1 << 26 /* much was read from it at a time */
};

struct slot {
  int fd;
  uint32_t generation;
  uint32_t flags;
  int32_t next_free;
  /* What is carried to this slot, and where to what is read from it is carried; -1 is nowhere. */
  struct inlet *inlet;
  int32_t outlet;
};

/* A pump into a slot: made when it is first carried to, gone with it. */
struct inlet {
  struct ow_pump *pump;
  /* -1 when that slot is gone: what is held goes out all the same. */
  int32_t from;
  bool is_open;
};

/* Taken from the set at most at a time. */
enum { READY_MAX = 256 };

struct ow_reactor {
  int epoll;
  struct slot *slots;
  int32_t capacity;
  int32_t free_head;
  int32_t freed_head; /* freed within a batch: not free before it is done */
  bool in_batch;
  int open_count;
  int leaving_count;
  struct ow_pump_house *pumps;
  struct ow_carried *carried;
  size_t carried_now;
  /* Somebody who was ready has to wait for a later batch. */
  bool is_short;
  /* One by its own event, one by that of the slot it feeds. */
  int32_t ended_now[2 * READY_MAX];
  int32_t ended_now_count;
  int32_t fresh[OW_EVENTS_MAX];
  int32_t fresh_count;
  /* The key of who had to wait first, and is first next time: none has all the room for ever. */
  uint64_t first;
  _Alignas(struct cmsghdr) char control[OW_CONTROL_SIZE];
};

/* Tells a slot from the one that had its number before. */
static inline uint64_t key_of(const struct ow_reactor *reactor, int32_t number) {
  return (uint64_t)reactor->slots[number].generation << 32 | (uint32_t)number;
}

/* NULL when there is none with this number. */
static inline struct slot *open_slot(const struct ow_reactor *reactor, int number) {
  if (number < 0 || number >= reactor->capacity) return NULL;
  struct slot *slot = &reactor->slots[number];
  return slot->flags & OPEN ? slot : NULL;
}

/* What is read from it goes to another slot. */
static inline struct inlet *open_outlet(const struct ow_reactor *reactor, const struct slot *slot) {
  if (slot->outlet < 0) return NULL;
  struct inlet *inlet = reactor->slots[slot->outlet].inlet;
  return inlet->is_open ? inlet : NULL;
}

static inline bool reads_now(const struct ow_reactor *reactor, const struct slot *slot) {
  if (!(slot->flags & READING) || (slot->flags & ENDED)) return false;
  const struct inlet *inlet = open_outlet(reactor, slot);
  return inlet == NULL || ow_pump_held(inlet->pump) == 0;
}

/* Room was looked for before. */
static inline void put(struct ow_batch *batch, int32_t slot, int32_t kind, int32_t a, int32_t b) {
  int32_t *event = batch->events + (size_t)batch->event_count++ * OW_EVENT_FIELDS;
  event[0] = slot;
  event[1] = kind;
  event[2] = a;
  event[3] = b;
}

/* ---- reactor.c: slots, and what of them is watched ---- */

/* Watches for what the flags of the slot ask for now. */
void ow_watch(struct ow_reactor *reactor, int32_t number);
void ow_unwatch(struct ow_reactor *reactor, struct slot *slot);
/* A slot for `fd`, or -errno. */
int ow_take_slot(struct ow_reactor *reactor, int fd, uint32_t flags);
/* The slot is empty from here on, and another's after the batch. */
void ow_release_slot(struct ow_reactor *reactor, int32_t number);

/* ---- reactor-accept.c: connections that arrive, and those that were begun ---- */

void ow_accept_ready(struct ow_reactor *reactor, int32_t listener, struct ow_batch *batch);
void ow_connect_ready(struct ow_reactor *reactor, int32_t number, struct ow_batch *batch);
/* What has gone wrong on a socket, once; 0 is nothing. */
int ow_error_of(int fd);

/* ---- reactor-carry.c: from slot to slot ---- */

/* The slot has room, or its source has bytes. */
void ow_carry_ready(struct ow_reactor *reactor, int32_t to, struct ow_batch *batch);
/* From a slot that goes away nothing is carried any more, and nothing to it. */
void ow_disconnect(struct ow_reactor *reactor, struct slot *slot);
/* What is held on the way to it is lost. */
void ow_drop_inlet(struct ow_reactor *reactor, struct slot *slot);

/* ---- reactor-collect.c: what happened ---- */

void ow_reading_is_over(struct ow_reactor *reactor, int32_t number, int error,
                        struct ow_batch *batch);
void ow_has_failed(struct ow_reactor *reactor, int32_t number, int error, struct ow_batch *batch);

#endif
