#define _GNU_SOURCE
#include <fcntl.h>

#include "reactor-rig.h"

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

int main(void) {
  static const struct check_case cases[] = {
      {"pieces leave in order, wherever they lie", pieces_leave_in_order},
      {"what the system does not take is told when it may go", what_is_not_taken_is_told_when_it_may_go},
      {"an operation that was taken back is stepped over", nothing_is_stepped_over},
      {"descriptors come before the bytes they travelled with", descriptors_come_before_their_bytes},
      {"what is read to the last comes with its descriptors", what_is_left_comes_with_its_descriptors},
      {"descriptors that the table has no room for wait", a_full_table_of_descriptors_waits},
  };
  return RUN(cases);
}
