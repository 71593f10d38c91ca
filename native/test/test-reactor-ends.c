#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <termios.h>

#include "reactor-rig.h"

/* One batch, of so many bytes alone. */
static void check_read(struct rig *rig, int size) {
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], size);
}

/* One batch, of that event alone. */
static void check_told(struct rig *rig, int slot, int kind) {
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, kind);
}

/* Nothing is told, and nothing wakes the loop: a hang-up would be reported for ever. */
static void check_quiet(struct rig *rig) {
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK(!rig_is_ready(rig, 0));
}

static void an_end_comes_once_behind_the_bytes(void) {
  struct rig *rig = rig_new();
  int ends[2];
  unix_pair(ends);
  int slot = rig_read(rig, ends[0], STREAM);
  CHECK_EQUAL(send(ends[1], "last", 4, 0), 4);
  close(ends[1]);
  check_read(rig, 4);
  check_told(rig, slot, OW_EVENT_ENDED);
  check_quiet(rig);
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
  check_told(rig, slot, OW_EVENT_ENDED);
  CHECK(!rig_is_ready(rig, 0));
  CHECK_EQUAL(rig_send(rig, slot, "reply", 5), 5);
  CHECK_EQUAL(recv(ends[0], reply, sizeof reply, 0), 5);
  CHECK_EQUAL(rig_operate(rig, OW_END, slot, 0), 0);
  CHECK_EQUAL(recv(ends[0], reply, sizeof reply, 0), 0);
  /* Both halves have ended: nothing more is told. */
  check_quiet(rig);
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
  check_told(rig, slot, OW_EVENT_FAILED);
  CHECK_EQUAL(rig_event(rig, 0)[2], ECONNRESET);
  check_quiet(rig);
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
  check_told(rig, slot, OW_EVENT_FAILED);
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
  check_quiet(rig);
  rig_operate(rig, OW_RESUME, slot, 0);
  check_read(rig, 6);
  rig_operate(rig, OW_PAUSE, slot, 0);
  check_quiet(rig);
  rig_operate(rig, OW_RESUME, slot, 0);
  check_told(rig, slot, OW_EVENT_ENDED);
  check_quiet(rig);
  rig_free(rig);
}

static void a_pipe_tells_that_its_reader_is_gone(void) {
  struct rig *rig = rig_new();
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  int slot = rig_add(rig, ends[1], OW_WRITES | OW_ONE_WAY);
  CHECK(!rig_is_ready(rig, 0));
  close(ends[0]);
  check_told(rig, slot, OW_EVENT_GONE);
  check_quiet(rig);
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
  check_read(rig, 10);
  check_told(rig, slot, OW_EVENT_ENDED);
  check_quiet(rig);
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

int main(void) {
  static const struct check_case cases[] = {
      {"an end is told once, behind the bytes", an_end_comes_once_behind_the_bytes},
      {"a half-close leaves the other direction", a_half_close_leaves_the_other_half},
      {"a reset is a failure, once", a_reset_is_a_failure},
      {"a reset while paused leaves the bytes to be read", a_reset_while_paused_leaves_the_bytes},
      {"a hang-up while paused does not spin, and waits", a_hang_up_while_paused_waits},
      {"a pipe tells once that its reader is gone", a_pipe_tells_that_its_reader_is_gone},
      {"a terminal ends behind its bytes", a_terminal_ends_behind_its_bytes},
      {"a close is an end to the peer, a reset is a reset", a_close_and_a_reset_differ},
  };
  return RUN(cases);
}
