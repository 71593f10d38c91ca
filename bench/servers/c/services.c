#include "services.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { REQUEST_BYTES = 64, PIECES = 10, PIECE_BYTES = 32, ANSWER_BYTES = PIECES * PIECE_BYTES };

static bool echo_received(struct connection *connection, const uint8_t *data, size_t length) {
  return put(connection, data, length);
}

/* How many whole requests there are with these bytes. */
static int requests(struct connection *connection, size_t length) {
  uint64_t before = connection->count / REQUEST_BYTES;
  connection->count += length;
  return (int)(connection->count / REQUEST_BYTES - before);
}

static bool small_received(struct connection *connection, const uint8_t *data, size_t length) {
  (void)data;
  for (int left = requests(connection, length); left > 0; left -= 1) {
    for (int piece = 0; piece < PIECES; piece += 1) {
      if (!put(connection, tape + PIECE_BYTES * piece, PIECE_BYTES)) return false;
    }
  }
  return true;
}

static bool coalesced_received(struct connection *connection, const uint8_t *data, size_t length) {
  static uint8_t answers[READ_BYTES / REQUEST_BYTES * ANSWER_BYTES + ANSWER_BYTES];
  (void)data;
  size_t filled = 0;
  for (int left = requests(connection, length); left > 0; left -= 1) {
    for (int piece = 0; piece < PIECES; piece += 1, filled += PIECE_BYTES) {
      memcpy(answers + filled, tape + PIECE_BYTES * piece, PIECE_BYTES);
    }
  }
  return filled == 0 || put(connection, answers, filled);
}

static bool sink_received(struct connection *connection, const uint8_t *data, size_t length) {
  (void)data;
  connection->count += length;
  return true;
}

static bool sink_ended(struct connection *connection) {
  char text[32];
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)connection->count);
  put(connection, (const uint8_t *)text, (size_t)length);
  return false;
}

static uint64_t source_bytes;

void set_source_bytes(uint64_t bytes) { source_bytes = bytes; }

static bool source_go_on(struct connection *connection) {
  while (connection->count < source_bytes) {
    uint64_t left = source_bytes - connection->count;
    size_t length = left < WRITE_BYTES ? (size_t)left : WRITE_BYTES;
    ssize_t taken = send(connection->fd, tape + connection->count % 65536, length, MSG_NOSIGNAL);
    if (taken < 0 && errno == EAGAIN) {
      watch(connection, EPOLLOUT);
      return true;
    }
    if (taken < 0) return false;
    connection->count += (uint64_t)taken;
  }
  return false;
}

static bool source_received(struct connection *connection, const uint8_t *data, size_t length) {
  (void)connection, (void)data, (void)length;
  return true;
}

const struct service echo_service = {.received = echo_received};
const struct service echo_owned_service = {.received = echo_received, .owns_reads = true};
const struct service small_service = {.received = small_received};
const struct service small_coalesced_service = {.received = coalesced_received};
const struct service sink_service = {.received = sink_received, .ended = sink_ended};
const struct service sink_owned_service = {
    .received = sink_received, .ended = sink_ended, .owns_reads = true};
const struct service source_service = {
    .opened = source_go_on, .received = source_received, .writable = source_go_on};
