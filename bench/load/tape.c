#include "tape.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

struct tape tape_new(size_t period) {
  struct tape tape = {.bytes = malloc(period + TAPE_RUN), .period = period};
  if (tape.bytes == NULL) fail("load: no memory");
  for (size_t i = 0; i < period + TAPE_RUN; i += 1) {
    size_t at = i % period;
    tape.bytes[i] = (uint8_t)(31 * at + (at >> 8));
  }
  return tape;
}

const uint8_t *tape_at(const struct tape *tape, uint64_t offset) {
  return tape->bytes + offset % tape->period;
}

void tape_check(const struct tape *tape, uint64_t offset, const uint8_t *data, size_t length) {
  if (memcmp(tape_at(tape, offset), data, length) == 0) return;
  fail("wrong bytes: in the %zu from byte %llu of a connection", length,
       (unsigned long long)offset);
}
