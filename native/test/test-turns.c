#define _GNU_SOURCE
#include "reactor-rig.h"

static void buffer_much(int fd) {
  int size = 4 * 1024 * 1024;
  CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
}

/* All send so much that the room of one batch is not enough for them. */
static void room_goes_round(void (*pair)(int *ends), unsigned traits) {
  enum { PAIRS = 9, BATCHES = 60 };
  static char bytes[BIG_SIZE];
  struct rig *rig = rig_new();
  int ends[PAIRS][2];
  int told[PAIRS] = {0};
  for (int index = 0; index < PAIRS; index++) {
    pair(ends[index]);
    buffer_much(ends[index][0]);
    CHECK_EQUAL(rig_read(rig, ends[index][1], traits), index);
  }
  for (int batch = 0; batch < BATCHES; batch++) {
    for (int index = 0; index < PAIRS; index++) {
      while (send(ends[index][0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
    }
    rig->blocks.big_used = 0;
    rig_collect(rig);
    for (int event = 0; event < rig->batch.event_count; event++) told[rig_event(rig, event)[0]]++;
  }
  int least = told[0];
  int most = told[0];
  for (int index = 1; index < PAIRS; index++) {
    least = told[index] < least ? told[index] : least;
    most = told[index] > most ? told[index] : most;
  }
  CHECK(least > 0);
  CHECK(most <= 3 * least);
  for (int index = 0; index < PAIRS; index++) close(ends[index][0]);
  rig_free(rig);
}

static void the_room_goes_round(void) {
  room_goes_round(unix_pair, STREAM);
}

static void the_room_goes_round_on_tcp(void) {
  room_goes_round(tcp_pair, STREAM | OW_TCP);
}

/* Some carry so much that one turn is over before all have had theirs. */
static void carrying_goes_round(void) {
  enum { RELAYS = 9, BATCHES = 40 };
  static char bytes[BIG_SIZE];
  static struct ow_carried table[OW_CARRIED_SLOTS_MAX];
  struct rig *rig = rig_new();
  int left[RELAYS][2];
  int right[RELAYS][2];
  int to[RELAYS];
  for (int index = 0; index < RELAYS; index++) {
    unix_pair(left[index]);
    unix_pair(right[index]);
    buffer_much(left[index][0]);
    buffer_much(right[index][1]);
    int from = rig_read(rig, left[index][1], STREAM);
    to[index] = rig_read(rig, right[index][1], STREAM);
    CHECK_EQUAL(ow_carry(rig->reactor, from, to[index], BIG_SIZE, table), 0);
  }
  for (int batch = 0; batch < BATCHES; batch++) {
    for (int index = 0; index < RELAYS; index++) {
      while (send(left[index][0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
      while (recv(right[index][0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
    }
    rig_collect(rig);
  }
  double least = table[to[0]].read;
  double most = least;
  for (int index = 1; index < RELAYS; index++) {
    double read = table[to[index]].read;
    least = read < least ? read : least;
    most = read > most ? read : most;
  }
  CHECK(least > 0);
  CHECK(most <= 3 * least);
  for (int index = 0; index < RELAYS; index++) {
    close(left[index][0]);
    close(right[index][0]);
  }
  rig_free(rig);
}

/* A connection that was accepted, its slot, and the listener's. */
static int accepted(struct rig *rig, int client[1], int *listener) {
  struct sockaddr_in at;
  int fd = tcp_listener(&at);
  *listener = rig_read(rig, fd, OW_LISTENS | OW_SOCKET | OW_TCP);
  client[0] = tcp_client(&at);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[1], OW_EVENT_ACCEPTED);
  return rig_event(rig, 0)[0];
}

static void a_new_one_is_read_when_asked(void) {
  struct rig *rig = rig_new();
  int client;
  int listener;
  int slot = accepted(rig, &client, &listener);
  CHECK_EQUAL(send(client, "early", 5, 0), 5);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 0);
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, slot, 0), 0);
  CHECK_EQUAL(rig_operate(rig, OW_SETTLE, 0, 0), 0);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 5);
  close(client);
  rig_free(rig);
}

static void a_new_one_that_is_not_read_does_not_spin(void) {
  struct rig *rig = rig_new();
  int client;
  int listener;
  int slot = accepted(rig, &client, &listener);
  CHECK_EQUAL(rig_operate(rig, OW_SETTLE, 0, 0), 0);
  CHECK_EQUAL(send(client, "early", 5, 0), 5);
  CHECK(!rig_is_ready(rig, 20));
  CHECK_EQUAL(rig_operate(rig, OW_RESUME, slot, 0), 0);
  CHECK_EQUAL(rig_collect(rig), 1);
  CHECK_EQUAL(rig_event(rig, 0)[3], 5);
  close(client);
  rig_free(rig);
}

static void a_new_one_that_is_not_read_tells_its_reset(void) {
  struct rig *rig = rig_new();
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  int client;
  int listener;
  int slot = accepted(rig, &client, &listener);
  CHECK_EQUAL(rig_operate(rig, OW_SETTLE, 0, 0), 0);
  CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  close(client);
  CHECK(rig_is_ready(rig, 1000));
  CHECK_EQUAL(rig_collect(rig), 1);
  check_event(rig, 0, slot, OW_EVENT_FAILED);
  rig_free(rig);
}

static void more_new_ones_than_are_counted_are_served(void) {
  struct rig *rig = rig_new();
  int clients[4];
  int listener;
  struct sockaddr_in at;
  int fd = tcp_listener(&at);
  listener = rig_read(rig, fd, OW_LISTENS | OW_SOCKET | OW_TCP);
  for (int round = 0; round < 400; round++) {
    for (int index = 0; index < 4; index++) clients[index] = tcp_client(&at);
    for (int seen = 0; seen < 4;) {
      CHECK(rig_is_ready(rig, 1000));
      rig_collect(rig);
      for (int event = 0; event < rig->batch.event_count; event++) {
        if (rig_event(rig, event)[1] != OW_EVENT_ACCEPTED) continue;
        seen++;
        CHECK_EQUAL(rig_operate(rig, OW_RESET, rig_event(rig, event)[0], 0), 0);
      }
    }
    for (int index = 0; index < 4; index++) close(clients[index]);
  }
  CHECK_EQUAL(ow_reactor_open_count(rig->reactor), 1);
  CHECK_EQUAL(rig_operate(rig, OW_CLOSE, listener, 0), 0);
  rig_free(rig);
}

int main(void) {
  static const struct check_case cases[] = {
      {"where not all have room, none goes without for long", the_room_goes_round},
      {"where not all have room on TCP, none goes without for long", the_room_goes_round_on_tcp},
      {"where not all can be carried, none goes without for long", carrying_goes_round},
      {"an accepted connection is read from when that is asked", a_new_one_is_read_when_asked},
      {"one that is not to be read does not spin", a_new_one_that_is_not_read_does_not_spin},
      {"one that is not to be read tells its reset", a_new_one_that_is_not_read_tells_its_reset},
      {"more accepted at once than are counted are served", more_new_ones_than_are_counted_are_served},
  };
  return RUN(cases);
}
