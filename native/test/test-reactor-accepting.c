#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "reactor-rig.h"

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

/* More are ready than one look at the set tells: each gets its turn, and between two of them Node has
   one, so that a look is bounded: here each that is ready is one event. */
static void everyone_gets_a_turn(void) {
  enum { PAIRS = 700, READY_AT_ONCE = 256 };
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
    CHECK(rig_collect(rig) <= READY_AT_ONCE);
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
      {"a connection is told, and a refusal", connections_are_told},
      {"what is accepted has its peer's name", accepted_ones_are_named},
      {"with no descriptor left the listener pauses and says so", no_descriptor_left_pauses_the_listener},
      {"events that the table has no room for wait", a_full_table_of_events_waits},
      {"everyone who is ready gets a turn, at most 256 in one", everyone_gets_a_turn},
  };
  return RUN(cases);
}
