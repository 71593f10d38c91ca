/* What is read from one slot and goes straight to another, as far as a batch gets. */
#define _GNU_SOURCE
#include "reactor-internal.h"

#include <errno.h>
#include <stdlib.h>

enum {
  /* Carried by one pump at a time, and by all of them before others have their turn. */
  CARRY_MAX = 1024 * 1024,
  CARRY_TURN_MAX = 4 * 1024 * 1024
};

/* Writes what is held for a slot, and carries more to it if its source is read. */
void ow_carry_ready(struct ow_reactor *reactor, int32_t to, struct ow_batch *batch) {
  struct slot *sink = &reactor->slots[to];
  struct inlet *inlet = sink->inlet;
  int32_t from = inlet->from;
  struct slot *source = from < 0 ? NULL : &reactor->slots[from];
  bool reads = source != NULL && inlet->is_open && (source->flags & READING) &&
               !(source->flags & ENDED);
  bool held_before = ow_pump_held(inlet->pump) > 0;
  struct ow_pump_run run;
  if (sink->flags & FAILED) return;
  if (reads && reactor->carried_now >= CARRY_TURN_MAX) {
    reactor->is_short = true;
    reads = false;
  }
  ow_pump_run(reactor->pumps, inlet->pump, source == NULL ? -1 : source->fd, sink->fd, reads,
              CARRY_MAX, &run);
  bool holds = ow_pump_held(inlet->pump) > 0;
  reactor->carried_now += run.read;
  reactor->carried[to].read += (double)run.read;
  reactor->carried[to].written += (double)run.written;
  if (run.read > 0 || run.written > 0) put(batch, to, OW_EVENT_CARRIED, 0, 0);
  if (run.write_error != 0) ow_has_failed(reactor, to, run.write_error, batch);
  if (holds != held_before) {
    sink->flags ^= WAITS_TO_WRITE;
    ow_watch(reactor, to);
    if (source != NULL) ow_watch(reactor, from);
  }
  if (run.ended || run.read_error != 0) ow_reading_is_over(reactor, from, run.read_error, batch);
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
  ow_watch(reactor, from);
  return 0;
}

void ow_stop_carrying(struct ow_reactor *reactor, int to) {
  struct slot *sink = open_slot(reactor, to);
  if (sink == NULL || sink->inlet == NULL || !sink->inlet->is_open) return;
  sink->inlet->is_open = false;
  if (sink->inlet->from >= 0) ow_watch(reactor, sink->inlet->from);
}

/* What it was fed with is lost; what it fed another with goes on to be written. */
void ow_disconnect(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->outlet >= 0) {
    reactor->slots[slot->outlet].inlet->from = -1;
    slot->outlet = -1;
  }
  if (slot->inlet == NULL) return;
  int32_t from = slot->inlet->from;
  ow_drop_inlet(reactor, slot);
  if (from < 0) return;
  reactor->slots[from].outlet = -1;
  ow_watch(reactor, from);
}

void ow_drop_inlet(struct ow_reactor *reactor, struct slot *slot) {
  if (slot->inlet == NULL) return;
  ow_pump_free(reactor->pumps, slot->inlet->pump);
  free(slot->inlet);
  slot->inlet = NULL;
}
