/*
 * One direction of a relay: bytes from one descriptor to another, without a look at them.
 *
 * A pump reads only while it holds nothing, so that what it holds is bounded, and back-pressure is the
 * system's own. It decides nothing about closing: an end or a failure is told, and what is held then
 * is still there to be written.
 */
#ifndef OW_PUMP_H
#define OW_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all pumps of a thread share: the block that is read into, and pipes that are empty. */
struct ow_pump_house;
struct ow_pump;

/* How much a pump holds at most, whatever it is allowed to. */
enum { OW_PUMP_HOLDS_MAX = 1024 * 1024 };

/* What one run did. */
struct ow_pump_run {
  size_t read;
  size_t written;
  bool ended;      /* there is nothing more to read, ever */
  int read_error;  /* errno; 0 when there was none */
  int write_error; /* as above; what is held will never be written */
};

/* NULL without memory. */
struct ow_pump_house *ow_pump_house_new(void);
/* After every pump. */
void ow_pump_house_free(struct ow_pump_house *house);

/* NULL without memory. */
struct ow_pump *ow_pump_new(void);
/* How much it may hold from now on. */
void ow_pump_allow(struct ow_pump *pump, size_t holds_max);
/* What it holds is lost. */
void ow_pump_free(struct ow_pump_house *house, struct ow_pump *pump);
/* Read, and not yet written. */
size_t ow_pump_held(const struct ow_pump *pump);

/*
 * Writes what is held; then, if it `reads` and holds nothing, carries up to about `most` bytes. Both
 * are sockets. Neither is ever waited for.
 */
void ow_pump_run(struct ow_pump_house *house, struct ow_pump *pump, int from, int to, bool reads,
                 size_t most, struct ow_pump_run *run);

/* How many pipes there are, and how many of them lie empty; asked by tests alone. */
void ow_pump_pipes(const struct ow_pump_house *house, int *all, int *empty);

#endif
