#define _GNU_SOURCE
#include "reactor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pump.h"
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
  FRESH = 1 << 24 /* accepted, and watched as if it were read: most are, within the turn */
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

enum {
  READY_MAX = 256,
  ACCEPTS_MAX = 64,
  PIECES_AT_ONCE = 64,
  /* Read at most at a time; a block with less room than READ_MIN is full. */
  READ_MAX = 256 * 1024,
  READ_MIN = 16 * 1024,
  /* Below this, bytes are copied into a small block, so that they keep nothing larger alive. */
  SMALL_BELOW = 4096,
  ALIGNMENT = 8,
  /* Carried by one pump at a time, and by all of them before others have their turn. */
  CARRY_MAX = 1024 * 1024,
  CARRY_TURN_MAX = 4 * 1024 * 1024
};

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
  /* One by its own event, one by that of the slot it feeds. */
  int32_t ended_now[2 * READY_MAX];
  int32_t ended_now_count;
  int32_t fresh[OW_EVENTS_MAX];
  int32_t fresh_count;
  /* Which of those that are ready is first, so that none has all the room for ever. */
  int first;
  _Alignas(struct cmsghdr) char control[OW_CONTROL_SIZE];
};

static uint64_t key_of(const struct ow_reactor *reactor, int32_t number) {
  return (uint64_t)reactor->slots[number].generation << 32 | (uint32_t)number;
}

/* What is read from it goes to another slot. */
static struct inlet *open_outlet(const struct ow_reactor *reactor, const struct slot *slot) {
  if (slot->outlet < 0) return NULL;
  struct inlet *inlet = reactor->slots[slot->outlet].inlet;
  return inlet->is_open ? inlet : NULL;
}

static bool reads_now(const struct ow_reactor *reactor, const struct slot *slot) {
  if (!(slot->flags & READING) || (slot->flags & ENDED)) return false;
  const struct inlet *inlet = open_outlet(reactor, slot);
  return inlet == NULL || ow_pump_held(inlet->pump) == 0;
}

static uint32_t interest_of(const struct ow_reactor *reactor, const struct slot *slot) {
  uint32_t interest = 0;
  if (reads_now(reactor, slot)) interest |= EPOLLIN;
  if (slot->flags & WAITS_TO_WRITE) interest |= EPOLLOUT;
  return interest;
}

static void watch(struct ow_reactor *reactor, int32_t number) {
  struct slot *slot = &reactor->slots[number];
  uint64_t key = key_of(reactor, number);
  struct epoll_event event = {.events = interest_of(reactor, slot), .data.u64 = key};
  slot->flags &= ~(uint32_t)FRESH;
  if (!(slot->flags & UNWATCHED)) {
    epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, slot->fd, &event);
  } else if (event.events != 0 && !(slot->flags & FAILED)) {
    slot->flags &= ~(uint32_t)UNWATCHED;
    epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, slot->fd, &event);
  }
}

static void unwatch(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->flags & UNWATCHED) return;
  slot->flags |= UNWATCHED;
  slot->flags &= ~(uint32_t)FRESH;
  epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, slot->fd, NULL);
}

static void drop_inlet(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->inlet == NULL) return;
  ow_pump_free(reactor->pumps, slot->inlet->pump);
  free(slot->inlet);
  slot->inlet = NULL;
}

struct ow_reactor *ow_reactor_new(void) {
  struct ow_reactor *reactor = calloc(1, sizeof *reactor);
  if (reactor == NULL) return NULL;
  reactor->free_head = -1;
  reactor->freed_head = -1;
  reactor->pumps = ow_pump_house_new();
  reactor->epoll = reactor->pumps == NULL ? -1 : epoll_create1(EPOLL_CLOEXEC);
  if (reactor->epoll >= 0) return reactor;
  if (reactor->pumps != NULL) ow_pump_house_free(reactor->pumps);
  free(reactor);
  return NULL;
}

void ow_reactor_free(struct ow_reactor *reactor) {
  for (int32_t number = 0; number < reactor->capacity; number++) {
    struct slot *slot = &reactor->slots[number];
    if (!(slot->flags & OPEN)) continue;
    unwatch(reactor, slot);
    close(slot->fd);
    drop_inlet(reactor, slot);
  }
  ow_pump_house_free(reactor->pumps);
  close(reactor->epoll);
  free(reactor->slots);
  free(reactor);
}

int ow_reactor_descriptor(const struct ow_reactor *reactor) {
  return reactor->epoll;
}

int ow_reactor_open_count(const struct ow_reactor *reactor) {
  return reactor->open_count;
}

int ow_reactor_keeping_count(const struct ow_reactor *reactor) {
  return reactor->open_count - reactor->leaving_count;
}

static struct slot *open_slot(const struct ow_reactor *reactor, int number) {
  if (number < 0 || number >= reactor->capacity) return NULL;
  struct slot *slot = &reactor->slots[number];
  return slot->flags & OPEN ? slot : NULL;
}

static bool grow(struct ow_reactor *reactor) {
  int32_t capacity = reactor->capacity == 0 ? 64 : reactor->capacity * 2;
  struct slot *slots = realloc(reactor->slots, (size_t)capacity * sizeof *slots);
  if (slots == NULL) return false;
  reactor->slots = slots;
  for (int32_t number = capacity - 1; number >= reactor->capacity; number--) {
    slots[number] = (struct slot){.fd = -1, .next_free = reactor->free_head};
    reactor->free_head = number;
  }
  reactor->capacity = capacity;
  return true;
}

static int take(struct ow_reactor *reactor, int fd, uint32_t flags) {
  if (reactor->free_head < 0 && !grow(reactor)) return -ENOMEM;
  int32_t number = reactor->free_head;
  struct slot *slot = &reactor->slots[number];
  slot->generation++;
  struct slot made = {
      .fd = fd, .generation = slot->generation, .flags = flags | OPEN, .outlet = -1};
  uint64_t key = key_of(reactor, number);
  struct epoll_event event = {.events = interest_of(reactor, &made), .data.u64 = key};
  if (flags & FRESH) event.events |= EPOLLIN;
  if (epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, fd, &event) != 0) return -errno;
  reactor->free_head = slot->next_free;
  *slot = made;
  reactor->open_count++;
  return number;
}

int ow_add(struct ow_reactor *reactor, int fd, unsigned traits) {
  return take(reactor, fd, traits | (traits & OW_CONNECTS ? WAITS_TO_WRITE : 0));
}

void ow_keep_process(struct ow_reactor *reactor, int number, bool keeps) {
  struct slot *slot = open_slot(reactor, number);
  if (slot == NULL || keeps == !(slot->flags & LEAVES_PROCESS)) return;
  slot->flags ^= LEAVES_PROCESS;
  reactor->leaving_count += keeps ? -1 : 1;
}

/* What it was fed with is lost; what it fed another with goes on to be written. */
static void disconnect(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->outlet >= 0) {
    reactor->slots[slot->outlet].inlet->from = -1;
    slot->outlet = -1;
  }
  if (slot->inlet == NULL) return;
  int32_t from = slot->inlet->from;
  drop_inlet(reactor, slot);
  if (from < 0) return;
  reactor->slots[from].outlet = -1;
  watch(reactor, from);
}

static void release(struct ow_reactor *reactor, int32_t number) {
  struct slot *slot = &reactor->slots[number];
  disconnect(reactor, slot);
  if (slot->flags & LEAVES_PROCESS) reactor->leaving_count--;
  int32_t *head = reactor->in_batch ? &reactor->freed_head : &reactor->free_head;
  slot->fd = -1;
  slot->flags = 0;
  slot->next_free = *head;
  *head = number;
  reactor->open_count--;
}

int ow_detach(struct ow_reactor *reactor, int number) {
  struct slot *slot = open_slot(reactor, number);
  if (slot == NULL) return -EBADF;
  int fd = slot->fd;
  unwatch(reactor, slot);
  release(reactor, number);
  return fd;
}

int ow_descriptor(const struct ow_reactor *reactor, int number) {
  const struct slot *slot = open_slot(reactor, number);
  return slot == NULL ? -1 : slot->fd;
}

void ow_share(struct ow_reactor *reactor, int number) {
  struct slot *slot = open_slot(reactor, number);
  if (slot != NULL) slot->flags |= OW_SHARED;
}

/* ---- collecting ---- */

static int32_t *put(struct ow_batch *batch, int32_t slot, int32_t kind, int32_t a, int32_t b) {
  int32_t *event = batch->events + (size_t)batch->event_count++ * OW_EVENT_FIELDS;
  event[0] = slot;
  event[1] = kind;
  event[2] = a;
  event[3] = b;
  return event;
}

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
  watch(reactor, listener);
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
  int slot = take(reactor, fd, traits | (is_counted ? FRESH : 0));
  if (slot < 0) {
    close(fd);
    return not_accepted(reactor, listener, batch, -slot);
  }
  if (is_counted) reactor->fresh[reactor->fresh_count++] = slot;
  put(batch, slot, OW_EVENT_ACCEPTED, listener, batch->name_count);
  put_name(batch, &name);
  return true;
}

static void accept_ready(struct ow_reactor *reactor, int32_t listener, struct ow_batch *batch) {
  for (int accepted = 0; accepted < ACCEPTS_MAX; accepted++) {
    /* One may report two events: the new one's, and the listener's. */
    if (batch->event_count + 2 > OW_EVENTS_MAX || batch->name_count >= OW_NAMES_MAX) return;
    if (!accept_one(reactor, listener, batch)) return;
  }
}

static int error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error;
}

static void connect_ready(struct ow_reactor *reactor, int32_t number, struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  int error = error_of(slot->fd);
  slot->flags &= ~(uint32_t)(WAITS_TO_WRITE | OW_CONNECTS);
  watch(reactor, number);
  put(batch, number, OW_EVENT_CONNECTED, error, 0);
}

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
static void reading_is_over(struct ow_reactor *reactor, int32_t number, int error,
                            struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  slot->flags |= ENDED | ENDED_NOW | (error == 0 ? 0 : FAILED);
  put(batch, number, error == 0 ? OW_EVENT_ENDED : OW_EVENT_FAILED, error, 0);
  reactor->ended_now[reactor->ended_now_count++] = number;
}

/* It is told at once, and not again: whoever holds it reads what is left. */
static void has_failed(struct ow_reactor *reactor, int32_t number, int error,
                       struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  unwatch(reactor, slot);
  slot->flags |= FAILED | ENDED;
  put(batch, number, OW_EVENT_FAILED, error, 0);
}

/* Writes what is held for a slot, and carries more to it if its source is read. */
static void carry(struct ow_reactor *reactor, int32_t to, struct ow_batch *batch) {
  struct slot *sink = &reactor->slots[to];
  struct inlet *inlet = sink->inlet;
  int32_t from = inlet->from;
  struct slot *source = from < 0 ? NULL : &reactor->slots[from];
  bool reads = source != NULL && inlet->is_open && (source->flags & READING) &&
               !(source->flags & ENDED) && reactor->carried_now < CARRY_TURN_MAX;
  bool held_before = ow_pump_held(inlet->pump) > 0;
  struct ow_pump_run run;
  if (sink->flags & FAILED) return;
  ow_pump_run(reactor->pumps, inlet->pump, source == NULL ? -1 : source->fd, sink->fd, reads,
              CARRY_MAX, &run);
  bool holds = ow_pump_held(inlet->pump) > 0;
  reactor->carried_now += run.read;
  reactor->carried[to].read += (double)run.read;
  reactor->carried[to].written += (double)run.written;
  if (run.read > 0 || run.written > 0) put(batch, to, OW_EVENT_CARRIED, 0, 0);
  if (run.write_error != 0) has_failed(reactor, to, run.write_error, batch);
  if (holds != held_before) {
    sink->flags ^= WAITS_TO_WRITE;
    watch(reactor, to);
    if (source != NULL) watch(reactor, from);
  }
  if (run.ended || run.read_error != 0) reading_is_over(reactor, from, run.read_error, batch);
}

static void read_ready(struct ow_reactor *reactor, int32_t number, struct ow_batch *batch,
                       struct ow_blocks *blocks) {
  struct slot *slot = &reactor->slots[number];
  if (open_outlet(reactor, slot) != NULL) {
    carry(reactor, slot->outlet, batch);
    return;
  }
  size_t room = blocks->big_size - blocks->big_used;
  struct ow_received_rights rights = {.table = batch->rights + batch->right_count};
  rights.room = OW_RIGHTS_MAX - batch->right_count;
  if (room < READ_MIN) return;
  if ((slot->flags & OW_RIGHTS) && rights.room < OW_RIGHTS_A_MESSAGE) return;
  long got = receive(reactor, slot, blocks->big + blocks->big_used,
                     room < READ_MAX ? room : READ_MAX, &rights);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (rights.count > 0) {
    put(batch, number, OW_EVENT_RIGHTS, batch->right_count, rights.count);
    batch->right_count += rights.count;
  }
  if (got > 0) {
    put_bytes(batch, blocks, number, (size_t)got);
    return;
  }
  bool is_end = got == 0 || (errno == EIO && (slot->flags & OW_TERMINAL));
  reading_is_over(reactor, number, is_end ? 0 : errno, batch);
}

/* Ready, although nothing is to be read: an error is news, a hang-up comes again when it reads. */
static void unasked_ready(struct ow_reactor *reactor, int32_t number, uint32_t ready,
                          struct ow_batch *batch) {
  struct slot *slot = &reactor->slots[number];
  unwatch(reactor, slot);
  if (slot->flags & OW_ONE_WAY) {
    put(batch, number, OW_EVENT_GONE, 0, 0);
  } else if ((ready & EPOLLERR) && (slot->flags & OW_SOCKET)) {
    int error = error_of(slot->fd);
    has_failed(reactor, number, error == 0 ? ECONNRESET : error, batch);
  }
}

static void slot_ready(struct ow_reactor *reactor, int32_t number, uint32_t ready,
                       struct ow_batch *batch, struct ow_blocks *blocks) {
  struct slot *slot = &reactor->slots[number];
  if (slot->flags & OW_LISTENS) {
    accept_ready(reactor, number, batch);
    return;
  }
  if (slot->flags & OW_CONNECTS) {
    connect_ready(reactor, number, batch);
    return;
  }
  if (slot->flags & OW_PROCESS) {
    unwatch(reactor, slot);
    put(batch, number, OW_EVENT_EXITED, 0, 0);
    return;
  }
  if ((ready & EPOLLOUT) && slot->inlet != NULL && ow_pump_held(slot->inlet->pump) > 0) {
    carry(reactor, number, batch);
  } else if ((ready & EPOLLOUT) && (slot->flags & WAITS_TO_WRITE)) {
    slot->flags &= ~(uint32_t)WAITS_TO_WRITE;
    watch(reactor, number);
    put(batch, number, OW_EVENT_WRITABLE, 0, 0);
  }
  if (!(ready & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (slot->flags & FAILED) return;
  if (reads_now(reactor, slot)) {
    read_ready(reactor, number, batch, blocks);
  } else if (ready & (EPOLLHUP | EPOLLERR)) {
    unasked_ready(reactor, number, ready, batch);
  }
}

void ow_collect(struct ow_reactor *reactor, struct ow_batch *batch, struct ow_blocks *blocks) {
  struct epoll_event ready[READY_MAX];
  batch->event_count = 0;
  batch->name_count = 0;
  batch->right_count = 0;
  reactor->carried_now = 0;
  reactor->in_batch = true;
  int count = epoll_wait(reactor->epoll, ready, READY_MAX, 0);
  int first = reactor->first < count ? reactor->first : 0;
  int short_of_room = -1;
  for (int handled = 0; handled < count; handled++) {
    int index = (first + handled) % count;
    int32_t number = (int32_t)(uint32_t)ready[index].data.u64;
    /* Each reports six events at most: what it takes and what it gives may be carried, and each of
       the two may end another slot. */
    bool is_full = batch->event_count + 6 > OW_EVENTS_MAX;
    if (is_full || blocks->big_size - blocks->big_used < READ_MIN) {
      if (short_of_room < 0) short_of_room = index;
      if (is_full) break;
    }
    if (open_slot(reactor, number) == NULL) continue;
    if (key_of(reactor, number) != ready[index].data.u64) continue;
    slot_ready(reactor, number, ready[index].events, batch, blocks);
  }
  reactor->first = short_of_room < 0 ? 0 : short_of_room;
}

void ow_batch_done(struct ow_reactor *reactor) {
  for (int32_t index = 0; index < reactor->ended_now_count; index++) {
    int32_t number = reactor->ended_now[index];
    struct slot *slot = open_slot(reactor, number);
    if (slot == NULL || !(slot->flags & ENDED_NOW)) continue;
    slot->flags &= ~(uint32_t)ENDED_NOW;
    if (slot->flags & FAILED) unwatch(reactor, slot);
    else watch(reactor, number);
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

int ow_carry(struct ow_reactor *reactor, int from, int to, size_t holds_max,
             struct ow_carried *table) {
  struct slot *source = open_slot(reactor, from);
  struct slot *sink = open_slot(reactor, to);
  unsigned both = OW_SOCKET | OW_READS | OW_WRITES;
  if (source == NULL || sink == NULL || source == sink) return -EBADF;
  if (((source->flags & sink->flags) & both) != both) return -ENOTSOCK;
  if ((source->outlet >= 0 && source->outlet != to) || to >= OW_CARRIED_SLOTS_MAX) return -EBUSY;
  if (sink->inlet == NULL) {
    struct inlet made = {.pump = ow_pump_new(), .from = -1};
    sink->inlet = malloc(sizeof made);
    if (made.pump == NULL || sink->inlet == NULL) {
      free(made.pump);
      free(sink->inlet);
      sink->inlet = NULL;
      return -ENOMEM;
    }
    *sink->inlet = made;
    reactor->carried = table;
    table[to] = (struct ow_carried){0};
  }
  if (sink->inlet->from >= 0 && sink->inlet->from != from) return -EBUSY;
  ow_pump_allow(sink->inlet->pump, holds_max);
  sink->inlet->from = from;
  sink->inlet->is_open = true;
  source->outlet = to;
  watch(reactor, from);
  return 0;
}

void ow_stop_carrying(struct ow_reactor *reactor, int to) {
  struct slot *sink = open_slot(reactor, to);
  if (sink == NULL || sink->inlet == NULL || !sink->inlet->is_open) return;
  sink->inlet->is_open = false;
  if (sink->inlet->from >= 0) watch(reactor, sink->inlet->from);
}

/* ---- operations ---- */

static void let_go(struct ow_reactor *reactor, int32_t number, bool resets) {
  struct slot *slot = &reactor->slots[number];
  if (resets && (slot->flags & OW_TCP)) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /* While others hold the same open file, closing it here would leave it in the set. */
  if (slot->flags & OW_SHARED) unwatch(reactor, slot);
  close(slot->fd);
  release(reactor, number);
}

static long hand_over(const struct slot *slot, struct iovec *pieces, int count, int right) {
  long sent;
  do {
    if (right >= 0) {
      sent = ow_send_with_right(slot->fd, pieces[0].iov_base, pieces[0].iov_len, right);
    } else if (!(slot->flags & OW_SOCKET)) {
      sent = writev(slot->fd, pieces, count);
    } else if (count == 1) {
      sent = send(slot->fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
      sent = sendmsg(slot->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  } while (sent < 0 && errno == EINTR);
  return sent;
}

static const char *source_of(const struct ow_sources *sources, const int32_t *piece) {
  if (piece[0] == OW_ARENA) return sources->arena + piece[1];
  if (piece[0] == OW_BIG_BLOCK) return sources->big_block + piece[1];
  const char *bytes = sources->reference(sources->context, piece[0]);
  return bytes == NULL ? NULL : bytes + piece[1];
}

/* Bytes handed over, or -errno when none was and it is not for want of room. */
static int32_t send_pieces(struct ow_reactor *reactor, int32_t number, const int32_t *pieces,
                           int32_t count, int right, const struct ow_sources *sources) {
  struct slot *slot = &reactor->slots[number];
  struct iovec vector[PIECES_AT_ONCE];
  int32_t total = 0;
  for (int32_t next = 0; next < count;) {
    int used = 0;
    long wanted = 0;
    for (; next < count && used < PIECES_AT_ONCE; next++, used++) {
      const int32_t *piece = pieces + (size_t)next * OW_PIECE_FIELDS;
      const char *bytes = source_of(sources, piece);
      if (bytes == NULL) return -EFAULT;
      vector[used] = (struct iovec){.iov_base = (char *)bytes, .iov_len = (size_t)piece[2]};
      wanted += piece[2];
    }
    long sent = hand_over(slot, vector, used, right);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return total > 0 ? total : -errno;
    total += sent > 0 ? (int32_t)sent : 0;
    if (sent < wanted) {
      slot->flags |= WAITS_TO_WRITE;
      watch(reactor, number);
      return total;
    }
  }
  return total;
}

static void set_reading(struct ow_reactor *reactor, int32_t number, bool reads) {
  struct slot *slot = &reactor->slots[number];
  uint32_t flags = reads ? slot->flags | READING : slot->flags & ~(uint32_t)READING;
  if (flags == slot->flags) return;
  slot->flags = flags & ~(uint32_t)FRESH;
  if (!(reads && (flags & FRESH))) watch(reactor, number);
}

/* Those that nobody has asked to read are watched for errors alone. */
static void settle_fresh(struct ow_reactor *reactor) {
  for (int32_t index = 0; index < reactor->fresh_count; index++) {
    struct slot *slot = open_slot(reactor, reactor->fresh[index]);
    if (slot != NULL && (slot->flags & FRESH)) watch(reactor, reactor->fresh[index]);
  }
  reactor->fresh_count = 0;
}

static int32_t run_one(struct ow_reactor *reactor, const int32_t *operation,
                       const struct ow_sources *sources) {
  int32_t number = operation[1];
  int32_t a = operation[2];
  const int32_t *pieces = operation + OW_OPERATION_FIELDS;
  if (operation[0] == OW_SETTLE) {
    settle_fresh(reactor);
    return 0;
  }
  if (open_slot(reactor, number) == NULL) return -EBADF;
  switch (operation[0]) {
    case OW_SEND:
      return send_pieces(reactor, number, pieces, a, -1, sources);
    case OW_SEND_RIGHT:
      return send_pieces(reactor, number, pieces, 1, a, sources);
    case OW_END:
      return shutdown(reactor->slots[number].fd, SHUT_WR) == 0 ? 0 : -errno;
    case OW_CLOSE:
      let_go(reactor, number, false);
      return 0;
    case OW_RESET:
      let_go(reactor, number, true);
      return 0;
    case OW_PAUSE:
    case OW_RESUME:
      set_reading(reactor, number, operation[0] == OW_RESUME);
      return 0;
    default:
      return 0;
  }
}

static int32_t piece_count(const int32_t *operation) {
  if (operation[0] == OW_SEND) return operation[2];
  return operation[0] == OW_SEND_RIGHT ? 1 : 0;
}

void ow_run(struct ow_reactor *reactor, int32_t *operations, int32_t length,
            const struct ow_sources *sources) {
  for (int32_t at = 0; at < length;) {
    int32_t *operation = operations + at;
    int32_t pieces = operation[0] == OW_NOTHING ? operation[2] : piece_count(operation);
    if (operation[0] != OW_NOTHING) operation[3] = run_one(reactor, operation, sources);
    at += OW_OPERATION_FIELDS + pieces * OW_PIECE_FIELDS;
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
