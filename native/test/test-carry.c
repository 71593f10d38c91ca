#define _GNU_SOURCE
#include <signal.h>

#include "reactor-rig.h"

/* Two slots, what comes into the first carried to the second. */
struct relay {
  struct rig *rig;
  struct ow_carried *table;
  int near;
  int far;
  int from;
  int to;
};

enum { MEBIBYTE = 1024 * 1024 };

static char flood[MEBIBYTE];

static struct relay *relay_new(void (*pair)(int *), unsigned traits) {
  struct relay *relay = calloc(1, sizeof *relay);
  int left[2];
  int right[2];
  CHECK(relay != NULL);
  pair(left);
  pair(right);
  relay->rig = rig_new();
  relay->table = calloc(OW_CARRIED_SLOTS_MAX, sizeof *relay->table);
  relay->near = left[0];
  relay->far = right[0];
  relay->from = rig_read(relay->rig, left[1], traits);
  relay->to = rig_read(relay->rig, right[1], traits);
  CHECK_EQUAL(ow_carry(relay->rig->reactor, relay->from, relay->to, MEBIBYTE, relay->table), 0);
  return relay;
}

static void relay_free(struct relay *relay) {
  rig_free(relay->rig);
  free(relay->table);
  close(relay->near);
  if (relay->far >= 0) close(relay->far);
  free(relay);
}

static double held(const struct relay *relay) {
  return relay->table[relay->to].read - relay->table[relay->to].written;
}

static double put_some(struct relay *relay) {
  ssize_t sent = send(relay->near, flood, sizeof flood, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent > 0 ? (double)sent : 0;
}

/* Floods until neither side takes more; answers how much was put in. */
static double fill(struct relay *relay) {
  double put = 0;
  while (held(relay) == 0) {
    put += put_some(relay);
    rig_collect(relay->rig);
  }
  for (double more = 1; more > 0; put += more) more = put_some(relay);
  return put;
}

/* How much the far side has, until nothing comes for a while. */
static double drain(struct relay *relay) {
  static char bytes[MEBIBYTE];
  double got = 0;
  do {
    ssize_t here;
    while ((here = recv(relay->far, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) got += (double)here;
    rig_collect(relay->rig);
  } while (rig_is_ready(relay->rig, 50) || recv(relay->far, bytes, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
  return got;
}

static void only_counts_are_told(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  char bytes[16];
  CHECK_EQUAL(send(relay->near, "hello", 5, 0), 5);
  CHECK_EQUAL(rig_collect(relay->rig), 1);
  check_event(relay->rig, 0, relay->to, OW_EVENT_CARRIED);
  CHECK(relay->table[relay->to].read == 5 && relay->table[relay->to].written == 5);
  CHECK_EQUAL(recv(relay->far, bytes, sizeof bytes, 0), 5);
  CHECK(memcmp(bytes, "hello", 5) == 0);
  relay_free(relay);
}

static void both_ways_at_once(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  CHECK_EQUAL(ow_carry(relay->rig->reactor, relay->to, relay->from, MEBIBYTE, relay->table), 0);
  CHECK_EQUAL(send(relay->near, "to", 2, 0), 2);
  CHECK_EQUAL(send(relay->far, "fro", 3, 0), 3);
  CHECK_EQUAL(rig_collect(relay->rig), 2);
  CHECK(relay->table[relay->to].written == 2 && relay->table[relay->from].written == 3);
  relay_free(relay);
}

static void a_paused_source_is_not_read(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  CHECK_EQUAL(rig_operate(relay->rig, OW_PAUSE, relay->from, 0), 0);
  CHECK_EQUAL(send(relay->near, "x", 1, 0), 1);
  CHECK(!rig_is_ready(relay->rig, 0));
  CHECK_EQUAL(rig_operate(relay->rig, OW_RESUME, relay->from, 0), 0);
  CHECK_EQUAL(rig_collect(relay->rig), 1);
  CHECK(relay->table[relay->to].written == 1);
  relay_free(relay);
}

/* A side that takes no more costs nothing until it does. */
static void a_full_sink_stops_the_source(void (*pair)(int *), unsigned traits) {
  struct relay *relay = relay_new(pair, traits);
  double put = fill(relay);
  CHECK(held(relay) > 0);
  CHECK(held(relay) <= MEBIBYTE);
  CHECK(!rig_is_ready(relay->rig, 0));
  CHECK(drain(relay) == put);
  CHECK(held(relay) == 0);
  relay_free(relay);
}

static void a_full_sink_stops_and_goes_on(void) {
  a_full_sink_stops_the_source(unix_pair, STREAM);
  a_full_sink_stops_the_source(tcp_pair, STREAM | OW_TCP);
}

static void stopped_it_tells_bytes_again(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  fill(relay);
  ow_stop_carrying(relay->rig->reactor, relay->to);
  CHECK(rig_is_ready(relay->rig, 0));
  CHECK(rig_collect(relay->rig) > 0);
  CHECK_EQUAL(rig_event(relay->rig, 0)[0], relay->from);
  CHECK_EQUAL(rig_event(relay->rig, 0)[1], OW_EVENT_BIG);
  double read = relay->table[relay->to].read;
  CHECK_EQUAL(rig_operate(relay->rig, OW_PAUSE, relay->from, 0), 0);
  CHECK(drain(relay) == read);
  CHECK(held(relay) == 0 && relay->table[relay->to].read == read);
  CHECK_EQUAL(ow_carry(relay->rig->reactor, relay->from, relay->to, MEBIBYTE, relay->table), 0);
  CHECK(relay->table[relay->to].read == read);
  relay_free(relay);
}

static void what_is_held_outlives_its_source(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  fill(relay);
  double read = relay->table[relay->to].read;
  CHECK_EQUAL(rig_operate(relay->rig, OW_CLOSE, relay->from, 0), 0);
  CHECK(drain(relay) == read);
  CHECK(relay->table[relay->to].written == read);
  relay_free(relay);
}

static void without_its_sink_a_source_is_told(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  fill(relay);
  CHECK_EQUAL(rig_operate(relay->rig, OW_CLOSE, relay->to, 0), 0);
  CHECK(rig_collect(relay->rig) > 0);
  CHECK_EQUAL(rig_event(relay->rig, 0)[0], relay->from);
  CHECK_EQUAL(rig_event(relay->rig, 0)[1], OW_EVENT_BIG);
  relay_free(relay);
}

static void an_end_is_told_and_what_is_held_goes(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  double put = fill(relay);
  CHECK_EQUAL(shutdown(relay->near, SHUT_WR), 0);
  CHECK(!rig_is_ready(relay->rig, 0));
  CHECK(drain(relay) == put);
  /* The last collection of all was told of the end. */
  CHECK(held(relay) == 0);
  CHECK(!rig_is_ready(relay->rig, 0));
  relay_free(relay);
}

static void an_end_alone_is_told(void) {
  struct relay *relay = relay_new(tcp_pair, STREAM | OW_TCP);
  CHECK_EQUAL(send(relay->near, "last", 4, 0), 4);
  CHECK_EQUAL(shutdown(relay->near, SHUT_WR), 0);
  CHECK_EQUAL(rig_collect(relay->rig), 1);
  check_event(relay->rig, 0, relay->to, OW_EVENT_CARRIED);
  CHECK(rig_is_ready(relay->rig, 1000));
  CHECK_EQUAL(rig_collect(relay->rig), 1);
  check_event(relay->rig, 0, relay->from, OW_EVENT_ENDED);
  CHECK(!rig_is_ready(relay->rig, 0));
  relay_free(relay);
}

static int count_events(const struct rig *rig, int slot, int kind) {
  int count = 0;
  for (int index = 0; index < rig->batch.event_count; index++) {
    const int32_t *event = rig_event(rig, index);
    if (event[0] == slot && event[1] == kind) count++;
  }
  return count;
}

/* The sink is gone while it holds: it is told once, with what it did not take. */
static void a_sink_that_failed_is_told_once(void) {
  struct relay *relay = relay_new(tcp_pair, STREAM | OW_TCP);
  fill(relay);
  reset_on_close(relay->far);
  close(relay->far);
  relay->far = -1;
  CHECK(rig_is_ready(relay->rig, 1000));
  rig_collect(relay->rig);
  CHECK_EQUAL(count_events(relay->rig, relay->to, OW_EVENT_FAILED), 1);
  CHECK(held(relay) > 0);
  rig_collect(relay->rig);
  CHECK_EQUAL(count_events(relay->rig, relay->to, OW_EVENT_FAILED), 0);
  relay_free(relay);
}

static void a_source_that_reset_is_told(void) {
  struct relay *relay = relay_new(tcp_pair, STREAM | OW_TCP);
  reset_on_close(relay->near);
  close(relay->near);
  relay->near = dup(relay->far);
  rig_collect(relay->rig);
  CHECK_EQUAL(count_events(relay->rig, relay->from, OW_EVENT_FAILED), 1);
  CHECK_EQUAL(count_events(relay->rig, relay->to, OW_EVENT_FAILED), 0);
  relay_free(relay);
}

static void one_turn_carries_so_much(void) {
  struct relay *relay = relay_new(tcp_pair, STREAM | OW_TCP);
  for (int count = 0; count < 50; count++) {
    double before = relay->table[relay->to].read;
    send(relay->near, flood, sizeof flood, MSG_DONTWAIT | MSG_NOSIGNAL);
    rig_collect(relay->rig);
    CHECK(relay->table[relay->to].read - before <= 2 * MEBIBYTE);
    drain(relay);
  }
  relay_free(relay);
}

static void what_cannot_be_is_refused(void) {
  struct relay *relay = relay_new(unix_pair, STREAM);
  struct ow_reactor *reactor = relay->rig->reactor;
  int other[2];
  int ends[2];
  unix_pair(other);
  CHECK(pipe(ends) == 0);
  int third = rig_add(relay->rig, other[0], STREAM);
  int pipe_slot = rig_add(relay->rig, ends[0], OW_READS);
  CHECK_EQUAL(ow_carry(reactor, relay->from, third, MEBIBYTE, relay->table), -EBUSY);
  CHECK_EQUAL(ow_carry(reactor, third, relay->to, MEBIBYTE, relay->table), -EBUSY);
  CHECK_EQUAL(ow_carry(reactor, third, third, MEBIBYTE, relay->table), -EBADF);
  CHECK_EQUAL(ow_carry(reactor, pipe_slot, third, MEBIBYTE, relay->table), -ENOTSOCK);
  CHECK_EQUAL(ow_carry(reactor, 999, third, MEBIBYTE, relay->table), -EBADF);
  ow_stop_carrying(reactor, third);
  ow_stop_carrying(reactor, 999);
  relay_free(relay);
  close(other[1]);
  close(ends[1]);
}

int main(void) {
  static const struct check_case cases[] = {
      {"only counts are told", only_counts_are_told},
      {"both ways at once", both_ways_at_once},
      {"a paused source is not read", a_paused_source_is_not_read},
      {"a full sink stops the source, and lets it go on", a_full_sink_stops_and_goes_on},
      {"stopped, it tells bytes again, behind what is held", stopped_it_tells_bytes_again},
      {"what is held outlives its source", what_is_held_outlives_its_source},
      {"without its sink a source is told", without_its_sink_a_source_is_told},
      {"an end behind what is held", an_end_is_told_and_what_is_held_goes},
      {"an end alone is told", an_end_alone_is_told},
      {"a sink that failed is told once", a_sink_that_failed_is_told_once},
      {"a source that reset is told", a_source_that_reset_is_told},
      {"one turn carries so much and no more", one_turn_carries_so_much},
      {"what cannot be is refused", what_cannot_be_is_refused},
  };
  signal(SIGPIPE, SIG_IGN);
  return RUN(cases);
}
