/* What happened: from what is ready to the events of a batch, and its bytes in the blocks. */
#define _GNU_SOURCE
#include "reactor-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  /* Read at most at a time; a block with less room than READ_MIN is full. */
  READ_MAX = 256 * 1024,
  READ_MIN = 16 * 1024,
  /* Below this, bytes are copied into a small block, so that they keep nothing larger alive. */
  SMALL_BELOW = 4096,
  ALIGNMENT = 8
};

static long receive(struct ow_reactor *reactor, const struct slot *slot, char *into, size_t size,
                    struct ow_received_rights *rights) {
  long got;
  do {
    if (slot->flags & OW_RIGHTS) {
      got = ow_receive_with_rights(slot->fd, into, size, reactor->control, rights);
    } else if (slot->flags & OW_SOCKET) {
      got = recv(slot->fd, into, size, MSG_DONTWAIT);
    } else {
      got = read(slot->fd, into, size);
    }
  } while (got < 0 && errno == EINTR);
  return got;
}

static size_t aligned(size_t size) {
  return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static void put_bytes(struct ow_batch *batch, struct ow_blocks *blocks, int32_t number,
                      size_t size) {
  char *at = blocks->big + blocks->big_used;
  int32_t kind = OW_EVENT_SMALL;
  bool is_small = size < SMALL_BELOW;
  if (is_small && blocks->small_size - blocks->small_used < size) {
    is_small = blocks->next_small(blocks->context, blocks);
    kind = OW_EVENT_NEXT_SMALL;
  }
  if (is_small) {
    memcpy(blocks->small + blocks->small_used, at, size);
    put(batch, number, kind, (int32_t)blocks->small_used, (int32_t)size);
    size_t used = blocks->small_used + aligned(size);
    blocks->small_used = used < blocks->small_size ? used : blocks->small_size;
    return;
  }
  put(batch, number, OW_EVENT_BIG, (int32_t)blocks->big_used, (int32_t)size);
  size_t used = blocks->big_used + aligned(size);
  blocks->big_used = used < blocks->big_size ? used : blocks->big_size;
}

/* In order, when there is no `error`. */
void ow_reading_is_over(struct ow_reactor *reactor, int32_t number, int error,
                            struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  slot->flags |= ENDED | ENDED_NOW | (error == 0 ? 0 : FAILED);
  put(batch, number, error == 0 ? OW_EVENT_ENDED : OW_EVENT_FAILED, error, 0);
  reactor->ended_now[reactor->ended_now_count++] = number;
}

/* It is told at once, and not again: whoever holds it reads what is left. */
void ow_has_failed(struct ow_reactor *reactor, int32_t number, int error,
                       struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  ow_unwatch(reactor, slot);
  slot->flags |= FAILED | ENDED;
  put(batch, number, OW_EVENT_FAILED, error, 0);
}

static void read_ready(struct ow_reactor *reactor, int32_t number, uint32_t ready,
                       struct ow_batch *batch, struct ow_blocks *blocks) {
  struct slot *slot = &reactor->slots[number];
  if (open_outlet(reactor, slot) != NULL) {
    ow_carry_ready(reactor, slot->outlet, batch);
    return;
  }
  size_t room = blocks->big_size - blocks->big_used;
  struct ow_received_rights rights = {.table = batch->rights + batch->right_count};
  rights.room = OW_RIGHTS_MAX - batch->right_count;
  if (room < READ_MIN || ((slot->flags & OW_RIGHTS) && rights.room < OW_RIGHTS_A_MESSAGE)) {
    reactor->is_short = true;
    return;
  }
  long got = receive(reactor, slot, blocks->big + blocks->big_used,
                     room < READ_MAX ? room : READ_MAX, &rights);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (rights.count > 0) {
    put(batch, number, OW_EVENT_RIGHTS, batch->right_count, rights.count);
    batch->right_count += rights.count;
  }
  if (got > 0) {
    put_bytes(batch, blocks, number, (size_t)got);
    bool is_large = got >= SMALL_BELOW;
    if (is_large) slot->flags |= LARGE;
    bool may_have_more = is_large || (ready & ~(uint32_t)(EPOLLIN | EPOLLOUT));
    if (may_have_more && (slot->flags & EDGE)) ow_watch(reactor, number);
    return;
  }
  bool is_end = got == 0 || (errno == EIO && (slot->flags & OW_TERMINAL));
  ow_reading_is_over(reactor, number, is_end ? 0 : errno, batch);
}

/* Ready, although nothing is to be read: an error is news, a hang-up comes again when it reads. */
static void unasked_ready(struct ow_reactor *reactor, int32_t number, uint32_t ready,
                          struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  ow_unwatch(reactor, slot);
  if (slot->flags & OW_ONE_WAY) {
    put(batch, number, OW_EVENT_GONE, 0, 0);
  } else if ((ready & EPOLLERR) && (slot->flags & OW_SOCKET)) {
    int error = ow_error_of(slot->fd);
    ow_has_failed(reactor, number, error == 0 ? ECONNRESET : error, batch);
  }
}

static void slot_ready(struct ow_reactor *reactor, int32_t number, uint32_t ready,
                       struct ow_batch *batch, struct ow_blocks *blocks) {
  struct slot *slot = &reactor->slots[number];
  if (slot->flags & OW_LISTENS) {
    ow_accept_ready(reactor, number, batch);
    return;
  }
  if (slot->flags & OW_CONNECTS) {
    ow_connect_ready(reactor, number, batch);
    return;
  }
  if (slot->flags & OW_PROCESS) {
    ow_unwatch(reactor, slot);
    put(batch, number, OW_EVENT_EXITED, 0, 0);
    return;
  }
  if ((ready & EPOLLOUT) && slot->inlet != NULL && ow_pump_held(slot->inlet->pump) > 0) {
    ow_carry_ready(reactor, number, batch);
  } else if ((ready & EPOLLOUT) && (slot->flags & WAITS_TO_WRITE)) {
    slot->flags &= ~(uint32_t)WAITS_TO_WRITE;
    ow_watch(reactor, number);
    put(batch, number, OW_EVENT_WRITABLE, 0, 0);
  }
  if (!(ready & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (slot->flags & FAILED) return;
  if (reads_now(reactor, slot)) {
    read_ready(reactor, number, ready, batch, blocks);
  } else if (ready & (EPOLLHUP | EPOLLERR)) {
    unasked_ready(reactor, number, ready, batch);
  } else if (slot->flags & FRESH) {
    ow_watch(reactor, number);
  }
}

/* Where among those that are ready this one is; the first place when it is not. */
static int index_of(uint64_t key, const struct epoll_event *ready, int count) {
  for (int index = 0; key != 0 && index < count; index++) {
    if (ready[index].data.u64 == key) return index;
  }
  return 0;
}

void ow_collect(struct ow_reactor *reactor, struct ow_batch *batch, struct ow_blocks *blocks) {
  struct epoll_event ready[READY_MAX];
  batch->event_count = 0;
  batch->name_count = 0;
  batch->right_count = 0;
  reactor->carried_now = 0;
  reactor->in_batch = true;
  int count = epoll_wait(reactor->epoll, ready, READY_MAX, 0);
  int first = index_of(reactor->first, ready, count);
  reactor->first = 0;
  for (int handled = 0; handled < count; handled++) {
    int index = (first + handled) % count;
    uint64_t key = ready[index].data.u64;
    int32_t number = (int32_t)(uint32_t)key;
    /* Each reports six events at most: what it takes and what it gives may be carried, and each of
       the two may end another slot. */
    reactor->is_short = batch->event_count + 6 > OW_EVENTS_MAX;
    bool is_known = open_slot(reactor, number) != NULL && key_of(reactor, number) == key;
    if (is_known && !reactor->is_short)
      slot_ready(reactor, number, ready[index].events, batch, blocks);
    if (!reactor->is_short) continue;
    if (reactor->first == 0) reactor->first = key;
    if (is_known && (reactor->slots[number].flags & EDGE)) ow_watch(reactor, number);
  }
}

void ow_batch_done(struct ow_reactor *reactor) {
  for (int32_t index = 0; index < reactor->ended_now_count; index++) {
    int32_t number = reactor->ended_now[index];
    struct slot *slot = open_slot(reactor, number);
    if (slot == NULL || !(slot->flags & ENDED_NOW)) continue;
    slot->flags &= ~(uint32_t)ENDED_NOW;
    if (slot->flags & FAILED) ow_unwatch(reactor, slot);
    else ow_watch(reactor, number);
  }
  reactor->ended_now_count = 0;
  reactor->in_batch = false;
  while (reactor->freed_head >= 0) {
    int32_t number = reactor->freed_head;
    reactor->freed_head = reactor->slots[number].next_free;
    reactor->slots[number].next_free = reactor->free_head;
    reactor->free_head = number;
  }
}

long ow_read_now(struct ow_reactor *reactor, int number, char *into, size_t size,
                 struct ow_received_rights *rights) {
  struct slot *slot = open_slot(reactor, number);
  rights->count = 0;
  if (slot == NULL) return -EBADF;
  long got = receive(reactor, slot, into, size, rights);
  return got < 0 ? -errno : got;
}
