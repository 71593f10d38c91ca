/* A TCP connection is told what is new: whatever is left lying must be told all the same. */
#define _GNU_SOURCE
#include "reactor-rig.h"

enum { TCP = STREAM | OW_TCP, WAIT_MS = 1000 };

/* Its slot reads; `*peer` is the other end. */
static int reading(struct rig *rig, int *peer) {
  int ends[2];
  tcp_pair(ends);
  *peer = ends[0];
  return rig_read(rig, ends[1], TCP);
}

/* Collects until so many bytes are told, and counts the batches. */
static int batches_until(struct rig *rig, long wanted) {
  long told = 0;
  int batches = 0;
  for (; told < wanted; batches++) {
    CHECK(rig_is_ready(rig, WAIT_MS));
    rig->blocks.big_used = 0;
    rig_collect(rig);
    for (int event = 0; event < rig->batch.event_count; event++) told += rig_event(rig, event)[3];
  }
  CHECK_EQUAL(told, wanted);
  return batches;
}

static void what_was_read_is_told_once(void) {
  struct rig *rig = rig_new();
  int peer;
  int slot = reading(rig, &peer);
  for (int round = 0; round < 3; round++) {
    CHECK_EQUAL(send(peer, "abc", 3, 0), 3);
    CHECK(rig_is_ready(rig, WAIT_MS));
    CHECK_EQUAL(rig_collect(rig), 1);
    CHECK_EQUAL(rig_event(rig, 0)[0], slot);
    CHECK_EQUAL(rig_event(rig, 0)[3], 3);
    CHECK(!rig_is_ready(rig, 20));
  }
  close(peer);
  rig_free(rig);
}

static void an_end_behind_bytes_is_told(void) {
  struct rig *rig = rig_new();
  int peer;
  int slot = reading(rig, &peer);
  CHECK_EQUAL(send(peer, "abc", 3, 0), 3);
  CHECK_EQUAL(shutdown(peer, SHUT_WR), 0);
  CHECK(rig_is_ready(rig, WAIT_MS));
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 3);
  CHECK(rig_is_ready(rig, WAIT_MS));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  CHECK(!rig_is_ready(rig, 20));
  close(peer);
  rig_free(rig);
}

static void a_reset_of_one_that_reads_is_told(void) {
  struct rig *rig = rig_new();
  int peer;
  int slot = reading(rig, &peer);
  reset_on_close(peer);
  close(peer);
  CHECK(rig_is_ready(rig, WAIT_MS));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_FAILED);
  CHECK(!rig_is_ready(rig, 20));
  rig_free(rig);
}

static void more_than_one_read_takes_is_told_to_the_end(void) {
  enum { BYTES = 3 * BIG_SIZE };
  static char bytes[BYTES];
  struct rig *rig = rig_new();
  int peer;
  long sent = 0;
  int ends[2];
  tcp_pair(ends);
  peer = ends[0];
  int slot = rig_add(rig, ends[1], TCP);
  for (long taken = 1; taken > 0 && sent < BYTES; sent += taken > 0 ? taken : 0)
    taken = send(peer, bytes, (size_t)(BYTES - sent), MSG_DONTWAIT);
  CHECK(sent > 0);
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, slot, 0), 0);
  batches_until(rig, sent);
  CHECK(!rig_is_ready(rig, 20));
  close(peer);
  rig_free(rig);
}

/* One read stops before a byte that is urgent, and steps over it. */
static void what_stands_behind_an_urgent_byte_is_told(void) {
  struct rig *rig = rig_new();
  int peer;
  reading(rig, &peer);
  CHECK_EQUAL(send(peer, "abc", 3, 0), 3);
  CHECK_EQUAL(send(peer, "!", 1, MSG_OOB), 1);
  CHECK_EQUAL(send(peer, "defg", 4, 0), 4);
  CHECK(batches_until(rig, 7) > 1);
  close(peer);
  rig_free(rig);
}

/* More of them than one batch has events for. */
static void those_a_batch_has_no_event_for_are_told_next(void) {
  enum { MANY = 400 };
  static int peers[MANY];
  static int told[MANY];
  struct rig *rig = rig_new();
  for (int index = 0; index < MANY; index++) {
    CHECK_EQUAL(reading(rig, &peers[index]), index);
    CHECK_EQUAL(send(peers[index], "abc", 3, 0), 3);
  }
  for (int all = 0; all < MANY;) {
    CHECK(rig_is_ready(rig, WAIT_MS));
    rig_collect(rig);
    all += rig->batch.event_count;
    for (int event = 0; event < rig->batch.event_count; event++) told[rig_event(rig, event)[0]]++;
  }
  for (int index = 0; index < MANY; index++) CHECK_EQUAL(told[index], 1);
  for (int index = 0; index < MANY; index++) close(peers[index]);
  rig_free(rig);
}

static void those_without_room_are_told_next(void) {
  struct rig *rig = rig_new();
  int peers[2];
  for (int index = 0; index < 2; index++) {
    reading(rig, &peers[index]);
    CHECK_EQUAL(send(peers[index], "abc", 3, 0), 3);
  }
  CHECK(rig_is_ready(rig, WAIT_MS));
  rig->blocks.big_used = rig->blocks.big_size - 1;
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK_EQUAL(batches_until(rig, 6), 1);
  for (int index = 0; index < 2; index++) close(peers[index]);
  rig_free(rig);
}

static void what_came_during_a_pause_is_told_behind_it(void) {
  struct rig *rig = rig_new();
  int peer;
  int slot = reading(rig, &peer);
  CHECK_EQUAL(rig_operate(rig, OW_PAUSE, slot, 0), 0);
  CHECK_EQUAL(send(peer, "abc", 3, 0), 3);
  CHECK_EQUAL(shutdown(peer, SHUT_WR), 0);
  CHECK(!rig_is_ready(rig, 20));
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, slot, 0), 0);
  CHECK_EQUAL(batches_until(rig, 3), 1);
  CHECK(rig_is_ready(rig, WAIT_MS));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  close(peer);
  rig_free(rig);
}

/* Bytes that lie there when it begins to be carried, and when that stops. */
static void what_lies_there_is_carried_and_told(void) {
  static struct ow_carried table[OW_CARRIED_SLOTS_MAX];
  struct rig *rig = rig_new();
  int peers[2];
  int from = reading(rig, &peers[0]);
  int to = reading(rig, &peers[1]);
  CHECK_EQUAL(send(peers[0], "abc", 3, 0), 3);
  CHECK_EQUAL(ow_carry(rig->reactor, from, to, BIG_SIZE, table), 0);
  CHECK(rig_is_ready(rig, WAIT_MS));
  rig_collect(rig);
  CHECK_EQUAL((long)table[to].written, 3);
  CHECK_EQUAL(send(peers[0], "de", 2, 0), 2);
  ow_stop_carrying(rig->reactor, to);
  CHECK_EQUAL(batches_until(rig, 2), 1);
  for (int index = 0; index < 2; index++) close(peers[index]);
  rig_free(rig);
}

int main(void) {
  static const struct check_case cases[] = {
      {"what was read is told once", what_was_read_is_told_once},
      {"an end behind bytes is told", an_end_behind_bytes_is_told},
      {"a reset of one that reads is told", a_reset_of_one_that_reads_is_told},
      {"more than one read takes is told to the end", more_than_one_read_takes_is_told_to_the_end},
      {"what stands behind an urgent byte is told", what_stands_behind_an_urgent_byte_is_told},
      {"those a batch has no event for are told in the next",
       those_a_batch_has_no_event_for_are_told_next},
      {"those without room are told in the next batch", those_without_room_are_told_next},
      {"what came during a pause is told behind it", what_came_during_a_pause_is_told_behind_it},
      {"what lies there is carried, and told when that stops", what_lies_there_is_carried_and_told},
  };
  return RUN(cases);
}
