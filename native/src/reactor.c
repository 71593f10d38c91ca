/* The reactor and its slots: who has which, and what of each is watched. */
#define _GNU_SOURCE
#include "reactor-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * A TCP connection of small messages is told what is new alone, which spares the system a second look
 * at each after its event. Others often leave something lying, which would have to be asked for each
 * time: for want of room, where descriptors came along, or on its way to another slot.
 */
static bool takes_edges(const struct ow_reactor *reactor, const struct slot *slot) {
  uint32_t kind = slot->flags & (OW_TCP | OW_SOCKET | OW_LISTENS | OW_CONNECTS | LARGE);
  return kind == (OW_TCP | OW_SOCKET) && slot->inlet == NULL &&
         open_outlet(reactor, slot) == NULL;
}

/* What to watch for, and notes how. */
static uint32_t interest_of(const struct ow_reactor *reactor, struct slot *slot) {
  uint32_t interest = 0;
  bool edge = takes_edges(reactor, slot);
  if (reads_now(reactor, slot) || (slot->flags & FRESH)) {
    interest |= EPOLLIN;
    /* Behind the bytes of this event there may be an end, or others behind an urgent one. */
    if (edge) interest |= EPOLLRDHUP | EPOLLPRI;
  }
  if (slot->flags & WAITS_TO_WRITE) interest |= EPOLLOUT;
  if (edge) interest |= EPOLLET;
  slot->flags = edge ? slot->flags | EDGE : slot->flags & ~(uint32_t)EDGE;
  return interest;
}

void ow_watch(struct ow_reactor *reactor, int32_t number) {
  struct slot *slot = &reactor->slots[number];
  uint64_t key = key_of(reactor, number);
  slot->flags &= ~(uint32_t)FRESH;
  struct epoll_event event = {.events = interest_of(reactor, slot), .data.u64 = key};
  if (!(slot->flags & UNWATCHED)) {
    epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, slot->fd, &event);
  } else if ((event.events & (EPOLLIN | EPOLLOUT)) && !(slot->flags & FAILED)) {
    slot->flags &= ~(uint32_t)UNWATCHED;
    epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, slot->fd, &event);
  }
}

void ow_unwatch(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->flags & UNWATCHED) return;
  slot->flags |= UNWATCHED;
  slot->flags &= ~(uint32_t)FRESH;
  epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, slot->fd, NULL);
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
    ow_unwatch(reactor, slot);
    close(slot->fd);
    ow_drop_inlet(reactor, slot);
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

int ow_take_slot(struct ow_reactor *reactor, int fd, uint32_t flags) {
  if (reactor->free_head < 0 && !grow(reactor)) return -ENOMEM;
  int32_t number = reactor->free_head;
  struct slot *slot = &reactor->slots[number];
  slot->generation++;
  struct slot made = {
      .fd = fd, .generation = slot->generation, .flags = flags | OPEN, .outlet = -1};
  uint64_t key = key_of(reactor, number);
  struct epoll_event event = {.events = interest_of(reactor, &made), .data.u64 = key};
  if (epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, fd, &event) != 0) return -errno;
  reactor->free_head = slot->next_free;
  *slot = made;
  reactor->open_count++;
  return number;
}

int ow_add(struct ow_reactor *reactor, int fd, unsigned traits) {
  return ow_take_slot(reactor, fd, traits | (traits & OW_CONNECTS ? WAITS_TO_WRITE : 0));
}

void ow_keep_process(struct ow_reactor *reactor, int number, bool keeps) {
  struct slot *slot = open_slot(reactor, number);
  if (slot == NULL || keeps == !(slot->flags & LEAVES_PROCESS)) return;
  slot->flags ^= LEAVES_PROCESS;
  reactor->leaving_count += keeps ? -1 : 1;
}

void ow_release_slot(struct ow_reactor *reactor, int32_t number) {
  struct slot *slot = &reactor->slots[number];
  ow_disconnect(reactor, slot);
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
  ow_unwatch(reactor, slot);
  ow_release_slot(reactor, number);
  return fd;
}

int ow_descriptor(const struct ow_reactor *reactor, int number) {
  const struct slot *slot = open_slot(reactor, number);
  return slot == NULL ? -1 : slot->fd;
}
