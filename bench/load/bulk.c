#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "socket.h"
#include "tape.h"
#include "workloads.h"

enum { WRITE_BYTES = 64 << 10, READ_BYTES = 256 << 10 };

static void send_bytes(int fd, const struct tape *tape, uint64_t from, uint64_t until) {
  while (from < until) {
    uint64_t left = until - from;
    size_t length = left < WRITE_BYTES ? (size_t)left : WRITE_BYTES;
    ssize_t taken = send(fd, tape_at(tape, from), length, MSG_NOSIGNAL);
    if (taken <= 0) fail("send: %s", strerror(errno));
    from += (uint64_t)taken;
  }
}

/* The count that the server answers with, in decimal, before it ends. */
static uint64_t read_count(int fd) {
  char text[64];
  size_t length = 0;
  for (;;) {
    ssize_t got = read(fd, text + length, sizeof text - 1 - length);
    if (got < 0) fail("no count came: %s", strerror(errno));
    if (got == 0) break;
    length += (size_t)got;
    if (length == sizeof text - 1) fail("what came is no count");
  }
  text[length] = '\0';
  char *end = text;
  uint64_t count = strtoull(text, &end, 10);
  if (length == 0 || *end != '\0') fail("what came is no count");
  return count;
}

static struct report reported(const struct options *options, uint64_t began, struct counts before) {
  struct counts after = counters_read();
  return (struct report){
      .operations = (double)options->bytes / 1e6,
      .bytes = (double)options->bytes,
      .seconds = (double)(now_ns() - began) / 1e9,
      .cost = counts_between(before, after),
  };
}

struct report run_sink(const struct options *options) {
  struct tape tape = tape_new(TAPE_PERIOD);
  uint64_t warm = (uint64_t)options->warmup_bytes;
  uint64_t total = warm + (uint64_t)options->bytes;
  int fd = connect_socket(options, 0, true);
  set_patience(fd, options->patience_s);
  send_bytes(fd, &tape, 0, warm);
  struct counts before = counters_read();
  uint64_t began = now_ns();
  send_bytes(fd, &tape, warm, total);
  if (shutdown(fd, SHUT_WR) != 0) fail("shutdown: %s", strerror(errno));
  uint64_t count = read_count(fd);
  if (count != total) {
    fail("wrong count: %llu bytes were sent, %llu counted", (unsigned long long)total,
         (unsigned long long)count);
  }
  return reported(options, began, before);
}

struct report run_source(const struct options *options) {
  struct tape tape = tape_new(TAPE_PERIOD);
  uint8_t *buffer = malloc(READ_BYTES);
  uint64_t warm = (uint64_t)options->warmup_bytes;
  uint64_t total = warm + (uint64_t)options->bytes;
  int fd = connect_socket(options, 0, true);
  set_patience(fd, options->patience_s);
  struct counts before = {0};
  uint64_t began = 0;
  uint64_t received = 0;
  for (;;) {
    ssize_t got = read(fd, buffer, READ_BYTES);
    if (got < 0) fail("read: %s", strerror(errno));
    if (got == 0) break;
    tape_check(&tape, received, buffer, (size_t)got);
    received += (uint64_t)got;
    if (received > total) fail("more bytes came than were asked for");
    if (began == 0 && received >= warm) {
      before = counters_read();
      began = now_ns();
    }
  }
  if (received != total) {
    fail("an answer is short: %llu of %llu bytes", (unsigned long long)received,
         (unsigned long long)total);
  }
  return reported(options, began, before);
}
