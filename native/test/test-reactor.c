#define _GNU_SOURCE
#include <fcntl.h>

#include "reactor-rig.h"

/* ---- slots ---- */

static void a_slot_waits_for_its_batch(void) {
  struct rig *rig = rig_new();
  int one[2];
  int other[2];
  int third[2];
  unix_pair(one);
  unix_pair(other);
  unix_pair(third);
  int slot = rig_read(rig, one[0], STREAM);
  CHECK_EQUAL(send(one[1], "x", 1, 0), 1);
  CHECK_EQUAL(rig_begin(rig), 1);
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, slot, 0), 0);
  int next = rig_add(rig, other[0], STREAM);
  CHECK(next != slot);
  rig_done(rig);
  CHECK_EQUAL(rig_add(rig, third[0], STREAM), slot);
  CHECK_EQUAL(ow_reactor_open_count(rig->reactor), 2);
  rig_free(rig);
  close(one[1]);
  close(other[1]);
  close(third[1]);
}

/* Another holder of the same open file keeps the old entry in the set: it must not reach a new slot. */
static void stale_events_are_dropped(void) {
  struct rig *rig = rig_new();
  int old[2];
  int fresh[2];
  unix_pair(old);
  unix_pair(fresh);
  int slot = rig_read(rig, old[0], STREAM);
  int held = dup(old[0]);
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, slot, 0), 0);
  CHECK_EQUAL(rig_read(rig, fresh[0], STREAM), slot);
  CHECK_EQUAL(send(old[1], "old", 3, 0), 3);
  CHECK(rig_is_ready(rig, 0));
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK_EQUAL(send(fresh[1], "fresh", 5, 0), 5);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 5);
  close(held);
  rig_free(rig);
  close(old[1]);
  close(fresh[1]);
}

static void a_shared_one_leaves_the_set(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  int slot = rig_read(rig, ends[0], STREAM | OW_SHARED);
  int held = dup(ends[0]);
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, slot, 0), 0);
  CHECK_EQUAL(send(ends[1], "x", 1, 0), 1);
  CHECK(!rig_is_ready(rig, 0));
  close(held);
  rig_free(rig);
  close(ends[1]);
}

static void a_detached_one_stays_open(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char byte;
  unix_pair(ends);
  int slot = rig_read(rig, ends[0], STREAM);
  CHECK_EQUAL(ow_descriptor(rig->reactor, slot), ends[0]);
  CHECK_EQUAL(ow_detach(rig->reactor, slot), ends[0]);
  CHECK_EQUAL(ow_detach(rig->reactor, slot), -EBADF);
  CHECK_EQUAL(ow_descriptor(rig->reactor, slot), -1);
  CHECK_EQUAL(send(ends[1], "x", 1, 0), 1);
  CHECK(!rig_is_ready(rig, 0));
  CHECK_EQUAL(ow_reactor_open_count(rig->reactor), 0);
  rig_free(rig);
  CHECK_EQUAL(read(ends[0], &byte, 1), 1);
  close(ends[0]);
  close(ends[1]);
}

static void what_cannot_be_watched_is_refused(void) {
  struct rig *rig = rig_new();
  int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  int ends[2];
  CHECK_EQUAL(ow_add(rig->reactor, file, OW_READS), -EPERM);
  CHECK_EQUAL(ow_add(rig->reactor, -1, OW_READS), -EBADF);
  CHECK_EQUAL(ow_reactor_open_count(rig->reactor), 0);
  unix_pair(ends);
  CHECK_EQUAL(rig_add(rig, ends[0], STREAM), 0);
  close(file);
  close(ends[1]);
  rig_free(rig);
}

static void closed_slots_refuse(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char byte;
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  struct ow_received_rights rights = {0};
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, slot, 0), 0);
  for (int number = -2; number < 200; number++) {
    CHECK_EQUAL(rig_operate(rig, OW_CLOSE, number, 0), -EBADF);
    CHECK_EQUAL(rig_operate(rig, OW_RESUME, number, 0), -EBADF);
    CHECK_EQUAL(rig_send(rig, number, "x", 1), -EBADF);
    CHECK_EQUAL(ow_read_now(rig->reactor, number, &byte, 1, &rights), -EBADF);
  }
  close(ends[1]);
  rig_free(rig);
}

/* ---- reading ---- */

static void small_and_large_lie_apart(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char large[8192];
  memset(large, 'L', sizeof large);
  unix_pair(ends);
  int slot = rig_read(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "small", 5, 0), 5);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_NEXT_SMALL);
  CHECK(memcmp(rig_bytes(rig, 0), "small", 5) == 0);
  CHECK_EQUAL(rig->blocks.big_used, 0);
  CHECK_EQUAL(send(ends[1], large, sizeof large, 0), sizeof large);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_BIG);
  CHECK_EQUAL(rig_event(rig, 0)[3], sizeof large);
  CHECK(memcmp(rig_bytes(rig, 0), large, sizeof large) == 0);
  rig_free(rig);
  close(ends[1]);
}

static void small_blocks_roll_over(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char bytes[3000];
  unix_pair(ends);
  rig_read(rig, ends[0], STREAM);
  /* Five of them fill a block of 16 KiB. */
  for (int round = 0; round < 11; round++) {
    memset(bytes, 'a' + round, sizeof bytes);
    CHECK_EQUAL(send(ends[1], bytes, sizeof bytes, 0), sizeof bytes);
    CHECK_EQUAL(rig_collect(rig), 1);
    CHECK_EQUAL(rig_event(rig, 0)[1],
                round % 5 == 0 ? OW_EVENT_NEXT_SMALL : OW_EVENT_SMALL);
    CHECK(memcmp(rig_bytes(rig, 0), bytes, sizeof bytes) == 0);
  }
  CHECK_EQUAL(rig->small_count, 3);
  /* What was told before lies where it lay. */
  CHECK_EQUAL(rig->smalls[0][0], 'a');
  CHECK_EQUAL(rig->smalls[0][4 * 3000 + 2999], 'a' + 4);
  rig_free(rig);
  close(ends[1]);
}

static void without_a_small_block_bytes_stay_in_the_big_one(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  rig->smalls_allowed = 0;
  rig_read(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "bytes", 5, 0), 5);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[1], OW_EVENT_BIG);
  CHECK(memcmp(rig_bytes(rig, 0), "bytes", 5) == 0);
  CHECK(rig->blocks.big_used >= 5);
  rig_free(rig);
  close(ends[1]);
}

static void a_full_big_block_waits_for_another(void) {
  enum { SENDERS = 8, SIZE = 60 * 1024 };
  struct rig *rig = rig_new();
  int ends[SENDERS][2];
  long got[SENDERS] = {0};
  char *bytes = malloc(SIZE);
  for (int index = 0; index < SENDERS; index++) {
    unix_pair(ends[index]);
    CHECK_EQUAL(rig_read(rig, ends[index][0], STREAM), index);
    memset(bytes, 'a' + index, SIZE);
    CHECK_EQUAL(send(ends[index][1], bytes, SIZE, 0), SIZE);
  }
  int batches = 0;
  for (long total = 0; total < (long)SENDERS * SIZE; batches++) {
    CHECK(batches < 10);
    rig->blocks.big_used = 0;
    rig_collect(rig);
    for (int index = 0; index < rig->batch.event_count; index++) {
      const int32_t *event = rig_event(rig, index);
      CHECK(event[2] + event[3] <= BIG_SIZE);
      CHECK_EQUAL(rig_bytes(rig, index)[0], 'a' + event[0]);
      CHECK_EQUAL(rig_bytes(rig, index)[event[3] - 1], 'a' + event[0]);
      got[event[0]] += event[3];
      total += event[3];
    }
    CHECK(rig->blocks.big_used <= BIG_SIZE);
  }
  CHECK(batches > 1);
  for (int index = 0; index < SENDERS; index++) {
    CHECK_EQUAL(got[index], SIZE);
    close(ends[index][1]);
  }
  free(bytes);
  rig_free(rig);
}

static void paused_ones_tell_nothing(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "waits", 5, 0), 5);
  CHECK(!rig_is_ready(rig, 0));
  CHECK_EQUAL(rig_collect(rig), 0);
  rig_operate(rig, OW_RESUME, slot, 0);
  CHECK(rig_is_ready(rig, 1000));
  rig_operate(rig, OW_PAUSE, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 0);
  rig_operate(rig, OW_RESUME, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 5);
  rig_free(rig);
  close(ends[1]);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a slot that is closed is not used again before its batch is done", a_slot_waits_for_its_batch},
      {"an event of a slot that was closed reaches nobody", stale_events_are_dropped},
      {"a descriptor that others hold too leaves the set when it is closed", a_shared_one_leaves_the_set},
      {"a detached descriptor stays open, unwatched", a_detached_one_stays_open},
      {"what cannot be watched is refused, and takes no slot", what_cannot_be_watched_is_refused},
      {"operations on what is not open are refused", closed_slots_refuse},
      {"small chunks lie apart from large ones", small_and_large_lie_apart},
      {"a full small block is followed by another", small_blocks_roll_over},
      {"without a small block bytes stay in the big one", without_a_small_block_bytes_stay_in_the_big_one},
      {"what a full big block has no room for waits", a_full_big_block_waits_for_another},
      {"a paused slot tells nothing", paused_ones_tell_nothing},
  };
  return RUN(cases);
}
