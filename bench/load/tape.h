#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that is compared or sent at once. */
enum { TAPE_RUN = 1 << 20 };

/*
 * An endless stream of known bytes that repeats after `period`: byte i is (31 i + i / 256) mod 256
 * of i mod period. Every server writes the same, so every byte that comes back can be checked.
 */
struct tape {
  uint8_t *bytes;
  size_t period;
};

enum { TAPE_PERIOD = 65536 };

struct tape tape_new(size_t period);

const uint8_t *tape_at(const struct tape *tape, uint64_t offset);

/* Whether these are the bytes at that place; ends the run if not. */
void tape_check(const struct tape *tape, uint64_t offset, const uint8_t *data, size_t length);
