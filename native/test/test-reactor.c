#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <termios.h>

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
  int slot = rig_read(rig, ends[0], STREAM);
  int held = dup(ends[0]);
  ow_share(rig->reactor, slot);
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

/* ---- ends ---- */

static void an_end_comes_once_behind_the_bytes(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  int slot = rig_read(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "last", 4, 0), 4);
  close(ends[1]);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 4);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  /* A hang-up would be reported for ever. */
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  CHECK_EQUAL(rig_send(rig, slot, "x", 1), -EPIPE);
  rig_free(rig);
}

static void a_half_close_leaves_the_other_half(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char reply[8];
  tcp_pair(ends);
  int slot = rig_read(rig, ends[1], STREAM | OW_TCP);
  CHECK_EQUAL(shutdown(ends[0], SHUT_WR), 0);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  CHECK(!rig_is_ready(rig, 0));
  CHECK_EQUAL(rig_send(rig, slot, "reply", 5), 5);
  CHECK_EQUAL(recv(ends[0], reply, sizeof reply, 0), 5);
  CHECK_EQUAL(rig_operate(rig, OW_END, slot, 0), 0);
  CHECK_EQUAL(recv(ends[0], reply, sizeof reply, 0), 0);
  /* Both halves have ended: nothing more is told. */
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  close(ends[0]);
  rig_free(rig);
}

static void a_reset_is_a_failure(void) {
  struct rig *rig = rig_new();
  int ends[2];
  tcp_pair(ends);
  int slot = rig_read(rig, ends[1], STREAM | OW_TCP);
  reset_on_close(ends[0]);
  close(ends[0]);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_FAILED);
  CHECK_EQUAL(rig_event(rig, 0)[2], ECONNRESET);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_free(rig);
}

static void a_reset_while_paused_leaves_the_bytes(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char rest[8];
  tcp_pair(ends);
  int slot = rig_add(rig, ends[1], STREAM | OW_TCP);
  CHECK_EQUAL(send(ends[0], "rest", 4, 0), 4);
  reset_on_close(ends[0]);
  close(ends[0]);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_FAILED);
  CHECK_EQUAL(rig_event(rig, 0)[2], ECONNRESET);
  CHECK(!rig_is_ready(rig, 0));
  struct ow_received_rights rights = {0};
  CHECK_EQUAL(ow_read_now(rig->reactor, slot, rest, sizeof rest, &rights), 4);
  CHECK(memcmp(rest, "rest", 4) == 0);
  CHECK_EQUAL(ow_read_now(rig->reactor, slot, rest, sizeof rest, &rights), 0);
  /* Failed for good: reading it on would find the end again and again. */
  rig_operate(rig, OW_RESUME, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 0);
  rig_free(rig);
}

static void a_hang_up_while_paused_waits(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "unread", 6, 0), 6);
  close(ends[1]);
  /* It is ready once, and must not be ever after. */
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_operate(rig, OW_RESUME, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 6);
  rig_operate(rig, OW_PAUSE, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_operate(rig, OW_RESUME, slot, 0);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_free(rig);
}

static void a_pipe_tells_that_its_reader_is_gone(void) {
  struct rig *rig = rig_new();
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  int slot = rig_add(rig, ends[1], OW_WRITES | OW_ONE_WAY);
  CHECK(!rig_is_ready(rig, 0));
  close(ends[0]);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_GONE);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_free(rig);
}

static void a_terminal_ends_behind_its_bytes(void) {
  struct rig *rig = rig_new();
  int master;
  int slave;
  struct termios raw;
  CHECK(openpty(&master, &slave, NULL, NULL, NULL) == 0);
  CHECK(tcgetattr(slave, &raw) == 0);
  cfmakeraw(&raw);
  CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
  CHECK(fcntl(master, F_SETFL, O_NONBLOCK) == 0);
  int slot = rig_read(rig, master, OW_READS | OW_WRITES | OW_TERMINAL);
  CHECK_EQUAL(write(slave, "last words", 10), 10);
  close(slave);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 10);
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_ENDED);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_free(rig);
}

static void a_close_and_a_reset_differ(void) {
  struct rig *rig = rig_new();
  char byte;
  for (int resets = 0; resets <= 1; resets++) {
    int ends[2];
    tcp_pair(ends);
    int slot = rig_add(rig, ends[1], STREAM | OW_TCP);
    CHECK_EQUAL(rig_operate(rig, resets ? OW_RESET : OW_CLOSE, slot, 0), 0);
    errno = 0;
    CHECK_EQUAL(recv(ends[0], &byte, 1, 0), resets ? -1 : 0);
    CHECK_EQUAL(errno, resets ? ECONNRESET : 0);
    close(ends[0]);
  }
  rig_free(rig);
}

/* ---- sending ---- */

static const char *from_list(void *context, int32_t number) {
  const char *const *list = context;
  return list[number];
}

static void pieces_leave_in_order(void) {
  enum { PIECES = 200 };
  struct rig *rig = rig_new();
  int ends[2];
  int32_t operation[OW_OPERATION_FIELDS + PIECES * OW_PIECE_FIELDS];
  char bytes[PIECES];
  char got[PIECES + 1];
  const char *references[] = {bytes};
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  for (int index = 0; index < PIECES; index++) bytes[index] = (char)index;
  operation[0] = OW_SEND;
  operation[1] = slot;
  operation[2] = PIECES;
  for (int index = 0; index < PIECES; index++) {
    int32_t *piece = operation + OW_OPERATION_FIELDS + index * OW_PIECE_FIELDS;
    piece[0] = index % 3 == 0 ? 0 : index % 3 == 1 ? OW_ARENA : OW_BIG_BLOCK;
    piece[1] = index;
    piece[2] = 1;
  }
  struct ow_sources sources = {
      .arena = bytes, .big_block = bytes, .reference = from_list, .context = references};
  ow_run(rig->reactor, operation, sizeof operation / sizeof *operation, &sources);
  CHECK_EQUAL(operation[3], PIECES);
  CHECK_EQUAL(recv(ends[1], got, sizeof got, 0), PIECES);
  CHECK(memcmp(got, bytes, PIECES) == 0);
  references[0] = NULL;
  ow_run(rig->reactor, operation, sizeof operation / sizeof *operation, &sources);
  CHECK_EQUAL(operation[3], -EFAULT);
  rig_free(rig);
  close(ends[1]);
}

static void what_is_not_taken_is_told_when_it_may_go(void) {
  enum { SIZE = 4 * 1024 * 1024 };
  struct rig *rig = rig_new();
  int ends[2];
  char *bytes = malloc(SIZE);
  char *sink = malloc(SIZE);
  memset(bytes, 'w', SIZE);
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  int32_t sent = rig_send(rig, slot, bytes, SIZE);
  CHECK(sent > 0 && sent < SIZE);
  CHECK_EQUAL(rig_collect(rig), 0);
  /* None at all is no failure either. */
  CHECK_EQUAL(rig_send(rig, slot, bytes, SIZE), 0);
  long got = 0;
  while (got < sent) {
    long more = recv(ends[1], sink, SIZE, 0);
    CHECK(more > 0);
    got += more;
  }
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_WRITABLE);
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
  rig_free(rig);
  close(ends[1]);
  free(bytes);
  free(sink);
}

static void nothing_is_stepped_over(void) {
  struct rig *rig = rig_new();
  int ends[2];
  char got[16];
  unix_pair(ends);
  int slot = rig_add(rig, ends[0], STREAM);
  int32_t operations[] = {OW_NOTHING, slot, 2, 77, OW_ARENA, 0, 3, OW_ARENA, 3, 3,
                          OW_SEND,    slot, 1, 0,  OW_ARENA, 6, 4,
                          OW_NOTHING, slot, 0, 78,
                          OW_END,     slot, 0, 55};
  struct ow_sources sources = {.arena = "abcdefghij"};
  ow_run(rig->reactor, operations, sizeof operations / sizeof *operations, &sources);
  CHECK_EQUAL(operations[3], 77);
  CHECK_EQUAL(operations[13], 4);
  CHECK_EQUAL(operations[20], 78);
  CHECK_EQUAL(operations[24], 0);
  CHECK_EQUAL(recv(ends[1], got, sizeof got, 0), 4);
  CHECK(memcmp(got, "ghij", 4) == 0);
  CHECK_EQUAL(recv(ends[1], got, sizeof got, 0), 0);
  rig_free(rig);
  close(ends[1]);
}

/* ---- descriptors that travel ---- */

static void descriptors_come_before_their_bytes(void) {
  struct rig *rig = rig_new();
  int ends[2];
  int given = open("/dev/null", O_RDWR | O_CLOEXEC);
  unix_pair(ends);
  int from = rig_add(rig, ends[0], STREAM | OW_RIGHTS);
  int to = rig_read(rig, ends[1], STREAM | OW_RIGHTS);
  int32_t operations[] = {OW_SEND_RIGHT, from, given, 0, OW_ARENA, 0, 1,
                          OW_SEND,       from, 1,     0, OW_ARENA, 1, 4};
  struct ow_sources sources = {.arena = "hello"};
  ow_run(rig->reactor, operations, sizeof operations / sizeof *operations, &sources);
  CHECK_EQUAL(operations[3], 1);
  CHECK_EQUAL(operations[10], 4);
  int arrived = 0;
  long got = 0;
  while (got < 5) {
    rig_collect(rig);
    for (int index = 0; index < rig->batch.event_count; index++) {
      const int32_t *event = rig_event(rig, index);
      CHECK_EQUAL(event[0], to);
      if (event[1] == OW_EVENT_RIGHTS) {
        CHECK_EQUAL(got, 0);
        CHECK_EQUAL(event[3], 1);
        arrived++;
        CHECK_EQUAL(close(rig->batch.rights[event[2]]), 0);
      } else {
        got += event[3];
      }
    }
  }
  CHECK_EQUAL(arrived, 1);
  close(given);
  rig_free(rig);
}

static void what_is_left_comes_with_its_descriptors(void) {
  struct rig *rig = rig_new();
  int ends[2];
  int given = open("/dev/null", O_RDWR | O_CLOEXEC);
  int32_t table[8];
  char rest[8];
  struct ow_received_rights rights = {.table = table, .room = 8};
  unix_pair(ends);
  int from = rig_add(rig, ends[0], STREAM | OW_RIGHTS);
  int to = rig_add(rig, ends[1], STREAM | OW_RIGHTS);
  int32_t operation[] = {OW_SEND_RIGHT, from, given, 0, OW_ARENA, 0, 1};
  struct ow_sources sources = {.arena = "x"};
  ow_run(rig->reactor, operation, sizeof operation / sizeof *operation, &sources);
  CHECK_EQUAL(operation[3], 1);
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, from, 0), 0);
  CHECK_EQUAL(ow_read_now(rig->reactor, to, rest, sizeof rest, &rights), 1);
  CHECK_EQUAL(rights.count, 1);
  CHECK_EQUAL(close(table[0]), 0);
  CHECK_EQUAL(ow_read_now(rig->reactor, to, rest, sizeof rest, &rights), 0);
  CHECK_EQUAL(rights.count, 0);
  close(given);
  rig_free(rig);
}

/* As many as one message may carry, from more senders than the table has room for. */
static void a_full_table_of_descriptors_waits(void) {
  enum { SENDERS = 6, EACH = 253 };
  struct rig *rig = rig_new();
  int ends[SENDERS][2];
  int given = open("/dev/null", O_RDWR | O_CLOEXEC);
  union {
    char space[CMSG_SPACE(sizeof(int) * EACH)];
    struct cmsghdr align;
  } control;
  memset(&control, 0, sizeof control);
  struct iovec vector = {.iov_base = "x", .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = sizeof control.space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * EACH);
  for (size_t index = 0; index < EACH; index++)
    memcpy(CMSG_DATA(header) + index * sizeof given, &given, sizeof given);
  for (int index = 0; index < SENDERS; index++) {
    unix_pair(ends[index]);
    rig_read(rig, ends[index][0], STREAM | OW_RIGHTS);
    CHECK_EQUAL(sendmsg(ends[index][1], &message, 0), 1);
  }
  int total = 0;
  int batches = 0;
  while (total < SENDERS * EACH) {
    rig_collect(rig);
    CHECK(rig->batch.right_count <= OW_RIGHTS_MAX);
    for (int index = 0; index < rig->batch.right_count; index++)
      CHECK_EQUAL(close(rig->batch.rights[index]), 0);
    total += rig->batch.right_count;
    CHECK(++batches < 10);
  }
  CHECK_EQUAL(total, SENDERS * EACH);
  CHECK(batches > 1);
  for (int index = 0; index < SENDERS; index++) close(ends[index][1]);
  close(given);
  rig_free(rig);
}

/* ---- connecting and accepting ---- */

static int connecting(const struct sockaddr_in *at) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  CHECK(fd >= 0);
  CHECK(connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EINPROGRESS);
  return fd;
}

static void connections_are_told(void) {
  struct rig *rig = rig_new();
  struct sockaddr_in at;
  int listener = tcp_listener(&at);
  unsigned traits = STREAM | OW_TCP | OW_CONNECTS;
  int slot = rig_add(rig, connecting(&at), traits);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_CONNECTED);
  CHECK_EQUAL(rig_event(rig, 0)[2], 0);
  CHECK_EQUAL(rig_collect(rig), 0);
  close(listener);
  int refused = rig_add(rig, connecting(&at), traits);
  while (rig_collect(rig) == 0) CHECK(rig_is_ready(rig, 1000));
  for (int index = 0; index < rig->batch.event_count; index++)
    if (rig_event(rig, index)[0] == refused) CHECK_EQUAL(rig_event(rig, index)[2], ECONNREFUSED);
  rig_free(rig);
}

static void accepted_ones_are_named(void) {
  struct rig *rig = rig_new();
  struct sockaddr_in at;
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  int listener = rig_read(rig, tcp_listener(&at), OW_LISTENS | OW_SOCKET | OW_TCP);
  int client = tcp_client(&at);
  CHECK(getsockname(client, (struct sockaddr *)&own, &size) == 0);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  const int32_t *event = rig_event(rig, 0);
  CHECK_EQUAL(event[1], OW_EVENT_ACCEPTED);
  CHECK_EQUAL(event[2], listener);
  const int32_t *name = rig->batch.names + event[3] * OW_NAME_FIELDS;
  CHECK_EQUAL(name[0], 4);
  CHECK_EQUAL(name[1], ntohs(own.sin_port));
  CHECK_EQUAL(name[2], INADDR_LOOPBACK);
  CHECK(fcntl(ow_descriptor(rig->reactor, event[0]), F_GETFD) & FD_CLOEXEC);
  close(client);
  rig_free(rig);
}

static void no_descriptor_left_pauses_the_listener(void) {
  struct rig *rig = rig_new();
  struct sockaddr_in at;
  struct rlimit limit;
  int listener = rig_read(rig, tcp_listener(&at), OW_LISTENS | OW_SOCKET | OW_TCP);
  int client = tcp_client(&at);
  CHECK(rig_is_ready(rig, 1000));
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  struct rlimit low = limit;
  low.rlim_cur = (rlim_t)client + 1;
  CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
  int count = rig_collect(rig);
  bool spins = rig_is_ready(rig, 0);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK_EQUAL(count, 1);
  check_event(rig, 0, listener, OW_EVENT_NOT_ACCEPTED);
  CHECK_EQUAL(rig_event(rig, 0)[2], EMFILE);
  CHECK(!spins);
  /* Another one, since valgrind takes the first one from the queue and drops it. */
  int second = tcp_client(&at);
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, listener, 0), 0);
  CHECK(rig_is_ready(rig, 1000));
  CHECK(rig_collect(rig) >= 1);
  CHECK_EQUAL(rig_event(rig, 0)[1], OW_EVENT_ACCEPTED);
  close(second);
  close(client);
  rig_free(rig);
}

/* More than 1024 events are ready at once: none is lost, none is told twice. */
static void a_full_table_of_events_waits(void) {
  enum { LISTENERS = 18, EACH = 64, CLIENTS = LISTENERS * EACH };
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  struct rlimit high = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &high) == 0);
  CHECK(high.rlim_cur > 2 * CLIENTS + LISTENERS + 64);
  struct rig *rig = rig_new();
  int clients[CLIENTS];
  bool is_seen[LISTENERS + CLIENTS] = {false};
  for (int index = 0; index < LISTENERS; index++) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The system names it, in the abstract space. */
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at.sun_family) == 0 && listen(fd, EACH) == 0);
    socklen_t size = sizeof at;
    CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    rig_read(rig, fd, OW_LISTENS | OW_SOCKET | OW_RIGHTS);
    for (int client = index * EACH; client < (index + 1) * EACH; client++) {
      clients[client] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      CHECK(connect(clients[client], (struct sockaddr *)&at, size) == 0);
    }
  }
  int total = 0;
  int batches = 0;
  while (total < CLIENTS) {
    CHECK(rig_collect(rig) <= OW_EVENTS_MAX);
    CHECK(rig->batch.event_count > 0);
    for (int index = 0; index < rig->batch.event_count; index++) {
      const int32_t *event = rig_event(rig, index);
      CHECK_EQUAL(event[1], OW_EVENT_ACCEPTED);
      CHECK(event[0] < LISTENERS + CLIENTS && !is_seen[event[0]]);
      is_seen[event[0]] = true;
    }
    total += rig->batch.event_count;
    batches++;
  }
  CHECK_EQUAL(total, CLIENTS);
  CHECK(batches > 1);
  CHECK_EQUAL(ow_reactor_open_count(rig->reactor), LISTENERS + CLIENTS);
  for (int client = 0; client < CLIENTS; client++) close(clients[client]);
  rig_free(rig);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* More are ready than one look at the set tells: each gets its turn. */
static void everyone_gets_a_turn(void) {
  enum { PAIRS = 700 };
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  struct rlimit high = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &high) == 0);
  struct rig *rig = rig_new();
  int ends[PAIRS][2];
  bool is_seen[PAIRS] = {false};
  for (int index = 0; index < PAIRS; index++) {
    unix_pair(ends[index]);
    CHECK_EQUAL(rig_read(rig, ends[index][0], STREAM), index);
    CHECK_EQUAL(send(ends[index][1], "x", 1, 0), 1);
  }
  int total = 0;
  for (int batches = 0; total < PAIRS; batches++) {
    CHECK(batches < 10);
    rig_collect(rig);
    for (int index = 0; index < rig->batch.event_count; index++) {
      int slot = rig_event(rig, index)[0];
      CHECK(!is_seen[slot]);
      is_seen[slot] = true;
      total++;
    }
  }
  for (int index = 0; index < PAIRS; index++) close(ends[index][1]);
  rig_free(rig);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a slot that is closed is not used again before its batch is done",
       a_slot_waits_for_its_batch},
      {"an event of a slot that was closed reaches nobody", stale_events_are_dropped},
      {"a descriptor that others hold too leaves the set when it is closed",
       a_shared_one_leaves_the_set},
      {"a detached descriptor stays open, unwatched", a_detached_one_stays_open},
      {"what cannot be watched is refused, and takes no slot", what_cannot_be_watched_is_refused},
      {"operations on what is not open are refused", closed_slots_refuse},
      {"small chunks lie apart from large ones", small_and_large_lie_apart},
      {"a full small block is followed by another", small_blocks_roll_over},
      {"without a small block bytes stay in the big one",
       without_a_small_block_bytes_stay_in_the_big_one},
      {"what a full big block has no room for waits", a_full_big_block_waits_for_another},
      {"a paused slot tells nothing", paused_ones_tell_nothing},
      {"an end is told once, behind the bytes", an_end_comes_once_behind_the_bytes},
      {"a half-close leaves the other direction", a_half_close_leaves_the_other_half},
      {"a reset is a failure, once", a_reset_is_a_failure},
      {"a reset while paused leaves the bytes to be read", a_reset_while_paused_leaves_the_bytes},
      {"a hang-up while paused does not spin, and waits", a_hang_up_while_paused_waits},
      {"a pipe tells once that its reader is gone", a_pipe_tells_that_its_reader_is_gone},
      {"a terminal ends behind its bytes", a_terminal_ends_behind_its_bytes},
      {"a close is an end to the peer, a reset is a reset", a_close_and_a_reset_differ},
      {"pieces leave in order, wherever they lie", pieces_leave_in_order},
      {"what the system does not take is told when it may go",
       what_is_not_taken_is_told_when_it_may_go},
      {"an operation that was taken back is stepped over", nothing_is_stepped_over},
      {"descriptors come before the bytes they travelled with",
       descriptors_come_before_their_bytes},
      {"what is read to the last comes with its descriptors",
       what_is_left_comes_with_its_descriptors},
      {"descriptors that the table has no room for wait", a_full_table_of_descriptors_waits},
      {"a connection is told, and a refusal", connections_are_told},
      {"what is accepted has its peer's name", accepted_ones_are_named},
      {"with no descriptor left the listener pauses and says so",
       no_descriptor_left_pauses_the_listener},
      {"events that the table has no room for wait", a_full_table_of_events_waits},
      {"everyone who is ready gets a turn", everyone_gets_a_turn},
  };
  return RUN(cases);
}
