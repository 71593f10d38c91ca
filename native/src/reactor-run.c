/* What is to be done: a table of operations, and the result of each. */
#define _GNU_SOURCE
#include "reactor-internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECES_AT_ONCE = 64 };

static void let_go(struct ow_reactor *reactor, int32_t number, bool resets) {
  struct slot *slot = &reactor->slots[number];
  if (resets && (slot->flags & OW_TCP)) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /* While others hold the same open file, closing it here would leave it in the set. */
  if (slot->flags & OW_SHARED) ow_unwatch(reactor, slot);
  close(slot->fd);
  ow_release_slot(reactor, number);
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
      ow_watch(reactor, number);
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
  if (!(reads && (flags & FRESH))) ow_watch(reactor, number);
}

/* Those that nobody has asked to read are watched for errors alone. */
static void settle_fresh(struct ow_reactor *reactor) {
  for (int32_t index = 0; index < reactor->fresh_count; index++) {
    struct slot *slot = open_slot(reactor, reactor->fresh[index]);
    if (slot != NULL && (slot->flags & FRESH)) ow_watch(reactor, reactor->fresh[index]);
  }
  reactor->fresh_count = 0;
}

static int32_t piece_count(const int32_t *operation) {
  if (operation[0] == OW_SEND) return operation[2];
  return operation[0] == OW_SEND_RIGHT ? 1 : 0;
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

void ow_run(struct ow_reactor *reactor, int32_t *operations, int32_t length,
            const struct ow_sources *sources) {
  for (int32_t at = 0; at < length;) {
    int32_t *operation = operations + at;
    int32_t pieces = operation[0] == OW_NOTHING ? operation[2] : piece_count(operation);
    if (operation[0] != OW_NOTHING) operation[3] = run_one(reactor, operation, sources);
    at += OW_OPERATION_FIELDS + pieces * OW_PIECE_FIELDS;
  }
}
