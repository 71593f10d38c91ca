#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../src/pump.h"
#include "reactor-rig.h"

static bool are_pipes_small;
static int pipes_made;

/* In place of the system's: what it gives then, F_SETPIPE_SZ refuses. */
int pipe2(int ends[2], int flags) {
  pipes_made++;
  if (!are_pipes_small) return (int)syscall(SYS_pipe2, ends, flags);
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

/* A pump between two pairs: what is put into `near` comes out of `far`. */
struct line {
  struct ow_pump_house *house;
  struct ow_pump *pump;
  struct ow_pump_run run;
  int near;
  int from;
  int to;
  int far;
  uint32_t put;
  uint32_t got;
};

enum { MEBIBYTE = 1024 * 1024, PIECE = 64 * 1024 };

static struct line *line_new(void (*pair)(int *), size_t holds_max) {
  struct line *line = calloc(1, sizeof *line);
  int left[2];
  int right[2];
  CHECK(line != NULL);
  pair(left);
  pair(right);
  line->near = left[0];
  line->from = left[1];
  line->to = right[1];
  line->far = right[0];
  for (int index = 0; index < 4; index++) {
    int fd = (int[]){left[0], left[1], right[0], right[1]}[index];
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  line->house = ow_pump_house_new();
  line->pump = ow_pump_new();
  CHECK(line->house != NULL && line->pump != NULL);
  ow_pump_allow(line->pump, holds_max);
  return line;
}

static void line_free(struct line *line) {
  ow_pump_free(line->house, line->pump);
  ow_pump_house_free(line->house);
  close(line->from);
  close(line->to);
  if (line->near >= 0) close(line->near);
  if (line->far >= 0) close(line->far);
  free(line);
}

static void run(struct line *line) {
  ow_pump_run(line->house, line->pump, line->from, line->to, true, MEBIBYTE, &line->run);
}

static uint8_t byte_at(uint32_t at) {
  return (uint8_t)(at * 31 + (at >> 8) * 7);
}

/* Puts as much as fits, at most `size`. */
static uint32_t put_some(struct line *line, uint32_t size) {
  uint8_t bytes[PIECE];
  uint32_t done = 0;
  while (done < size) {
    uint32_t piece = size - done < PIECE ? size - done : PIECE;
    for (uint32_t index = 0; index < piece; index++) bytes[index] = byte_at(line->put + index);
    ssize_t sent = send(line->near, bytes, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) break;
    line->put += (uint32_t)sent;
    done += (uint32_t)sent;
  }
  return done;
}

/* Takes what is there, at most `size`, and checks each byte. */
static uint32_t take_some(struct line *line, uint32_t size) {
  uint8_t bytes[PIECE];
  uint32_t done = 0;
  while (done < size) {
    uint32_t piece = size - done < PIECE ? size - done : PIECE;
    ssize_t got = recv(line->far, bytes, piece, MSG_DONTWAIT);
    if (got <= 0) break;
    for (ssize_t index = 0; index < got; index++)
      CHECK_EQUAL(bytes[index], byte_at(line->got + (uint32_t)index));
    line->got += (uint32_t)got;
    done += (uint32_t)got;
  }
  return done;
}

static int pipes_of(const struct line *line, bool empty) {
  int all;
  int kept;
  ow_pump_pipes(line->house, &all, &kept);
  return empty ? kept : all;
}

static void check_idle_holds_nothing(const struct line *line) {
  CHECK_EQUAL(ow_pump_held(line->pump), 0);
  CHECK_EQUAL(pipes_of(line, false), pipes_of(line, true));
}

static void a_message_goes_at_once(void) {
  struct line *line = line_new(unix_pair, MEBIBYTE);
  CHECK_EQUAL(put_some(line, 64), 64);
  run(line);
  CHECK_EQUAL(line->run.read, 64);
  CHECK_EQUAL(line->run.written, 64);
  CHECK_EQUAL(take_some(line, 1000), 64);
  run(line);
  CHECK(line->run.read == 0 && !line->run.ended && line->run.read_error == 0);
  CHECK_EQUAL(pipes_of(line, false), 0);
  line_free(line);
}

/* Each byte once and in order, whether bytes are copied or pages are moved, and both in between. */
static void carries_all(void (*pair)(int *), size_t holds_max) {
  struct line *line = line_new(pair, holds_max);
  uint64_t read = 0;
  uint64_t written = 0;
  const uint32_t total = 48 * MEBIBYTE;
  uint32_t seed = 12345;
  bool used_pipe = false;
  while (line->got < total) {
    seed = seed * 1103515245 + 12345;
    /* Floods, then single messages, then a reader that is slow. */
    uint32_t burst = (line->put >> 23) % 3 == 1 ? seed % 3000 + 1 : seed % (2 * MEBIBYTE) + 1;
    if (line->put < total) put_some(line, burst < total - line->put ? burst : total - line->put);
    run(line);
    CHECK_EQUAL(line->run.write_error + line->run.read_error, 0);
    read += line->run.read;
    written += line->run.written;
    CHECK_EQUAL(read - written, ow_pump_held(line->pump));
    CHECK(ow_pump_held(line->pump) <= holds_max);
    used_pipe = used_pipe || pipes_of(line, false) > 0;
    take_some(line, (line->put >> 24) % 2 == 1 ? 100 * 1000 : 4 * MEBIBYTE);
  }
  CHECK_EQUAL(line->got, total);
  CHECK_EQUAL(read, total);
  CHECK_EQUAL(written, total);
  CHECK(used_pipe);
  check_idle_holds_nothing(line);
  line_free(line);
}

static void carries_all_over_tcp(void) {
  carries_all(tcp_pair, MEBIBYTE);
}

static void carries_all_over_unix(void) {
  carries_all(unix_pair, MEBIBYTE);
}

static void holds_no_more_than_it_may(void) {
  carries_all(tcp_pair, 40 * 1000);
}

static void reads_nothing_while_it_holds(void) {
  struct line *line = line_new(unix_pair, MEBIBYTE);
  for (;;) {
    put_some(line, MEBIBYTE);
    run(line);
    if (ow_pump_held(line->pump) > 0) break;
  }
  size_t held = ow_pump_held(line->pump);
  put_some(line, MEBIBYTE);
  run(line);
  CHECK_EQUAL(line->run.read, 0);
  CHECK_EQUAL(ow_pump_held(line->pump), held);
  /* Without reading it still writes what it holds. */
  while (ow_pump_held(line->pump) > 0) {
    CHECK(take_some(line, MEBIBYTE) > 0);
    ow_pump_run(line->house, line->pump, -1, line->to, false, MEBIBYTE, &line->run);
    CHECK_EQUAL(line->run.read, 0);
  }
  take_some(line, 8 * MEBIBYTE);
  check_idle_holds_nothing(line);
  line_free(line);
}

static void an_end_comes_behind_the_bytes(void) {
  struct line *line = line_new(unix_pair, MEBIBYTE);
  CHECK_EQUAL(put_some(line, 10), 10);
  close(line->near);
  line->near = -1;
  run(line);
  CHECK(line->run.read == 10 && !line->run.ended);
  run(line);
  CHECK(line->run.read == 0 && line->run.ended && line->run.read_error == 0);
  CHECK_EQUAL(take_some(line, 1000), 10);
  line_free(line);
}

/* `is_flood`: while pages are moved. */
static void tells_a_reader_that_left(bool is_flood) {
  struct line *line = line_new(tcp_pair, MEBIBYTE);
  for (int count = 0; is_flood && count < 8; count++) {
    put_some(line, 200 * 1000);
    run(line);
    take_some(line, MEBIBYTE);
  }
  reset_on_close(line->far);
  close(line->far);
  line->far = -1;
  CHECK(put_some(line, 100 * 1000) > 0);
  run(line);
  CHECK(line->run.write_error == ECONNRESET || line->run.write_error == EPIPE);
  CHECK_EQUAL(ow_pump_held(line->pump), line->run.read - line->run.written);
  CHECK(ow_pump_held(line->pump) > 0);
  line_free(line);
}

static void a_reader_that_left_is_told(void) {
  tells_a_reader_that_left(false);
  tells_a_reader_that_left(true);
}

static void a_writer_that_reset_is_told(void) {
  struct line *line = line_new(tcp_pair, MEBIBYTE);
  reset_on_close(line->near);
  close(line->near);
  line->near = -1;
  run(line);
  CHECK_EQUAL(line->run.read_error, ECONNRESET);
  CHECK(!line->run.ended);
  line_free(line);
}

/* Pages of a socket that waits are not moved: splicing would wait for it. */
static void a_socket_that_waits_is_copied(void) {
  struct line *line = line_new(unix_pair, MEBIBYTE);
  fcntl(line->from, F_SETFL, fcntl(line->from, F_GETFL) & ~O_NONBLOCK);
  for (int count = 0; count < 10; count++) {
    put_some(line, 100 * 1000);
    run(line);
    take_some(line, MEBIBYTE);
  }
  CHECK_EQUAL(line->got, line->put);
  CHECK_EQUAL(pipes_of(line, false), 0);
  line_free(line);
}

/* Where the user has too much in pipes already, one can be had, and not a large one. */
static void without_a_large_pipe_it_is_not_asked_for_again(void) {
  struct line *line = line_new(unix_pair, MEBIBYTE);
  are_pipes_small = true;
  pipes_made = 0;
  for (int count = 0; count < 50; count++) {
    put_some(line, 100 * 1000);
    run(line);
    take_some(line, MEBIBYTE);
  }
  are_pipes_small = false;
  CHECK_EQUAL(line->got, line->put);
  CHECK_EQUAL(pipes_made, 1);
  check_idle_holds_nothing(line);
  line_free(line);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a message goes at once, and takes no pipe", a_message_goes_at_once},
      {"each byte once and in order over TCP", carries_all_over_tcp},
      {"each byte once and in order over UNIX sockets", carries_all_over_unix},
      {"it holds no more than it may", holds_no_more_than_it_may},
      {"it reads nothing while it holds something", reads_nothing_while_it_holds},
      {"an end comes behind the bytes", an_end_comes_behind_the_bytes},
      {"a reader that left is told, and what it did not take", a_reader_that_left_is_told},
      {"a writer that reset is told", a_writer_that_reset_is_told},
      {"a socket that waits is copied from", a_socket_that_waits_is_copied},
      {"a large pipe that cannot be had is asked for once",
       without_a_large_pipe_it_is_not_asked_for_again},
  };
  signal(SIGPIPE, SIG_IGN);
  return RUN(cases);
}
