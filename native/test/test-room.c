#include "../src/room.h"

#include <sys/resource.h>

#include "check.h"

/* How many descriptors the system has room for in this process, without waiting for anything. */
static int room_here(void) {
  char line[256];
  int size = -1;
  FILE *status = fopen("/proc/self/status", "r");
  CHECK(status != NULL);
  while (fgets(line, sizeof line, status) != NULL) sscanf(line, "FDSize: %d", &size);
  fclose(status);
  return size;
}

static void makes_room_and_opens_nothing(void) {
  struct ow_room *room = ow_room_new();
  int open = open_descriptors();
  ow_room_for(room, OW_ROOM_OF_LISTENERS);
  ow_room_free(room);
  CHECK(room_here() >= OW_ROOM_OF_LISTENERS);
  CHECK_EQUAL(open_descriptors(), open);
}

static void asks_for_no_more_than_the_limit(void) {
  struct rlimit before;
  struct rlimit low;
  getrlimit(RLIMIT_NOFILE, &before);
  low = (struct rlimit){.rlim_cur = 1500, .rlim_max = before.rlim_max};
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &low), 0);
  /* Whoever runs this may have more already. */
  int most = room_here() > 2048 ? room_here() : 2048;
  struct ow_room *room = ow_room_new();
  ow_room_for(room, 100 * 1000);
  ow_room_for(room, 100 * 1000);
  ow_room_free(room);
  CHECK(room_here() >= 1500 && room_here() <= most);
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void small_programs_ask_for_nothing(void) {
  struct ow_room *room = ow_room_new();
  int before = room_here();
  ow_room_for(room, 256);
  ow_room_free(room);
  CHECK_EQUAL(room_here(), before);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a small program asks for no room", small_programs_ask_for_nothing},
      {"room is there when it is waited for, and nothing is open", makes_room_and_opens_nothing},
      {"what the limit does not allow is not asked for", asks_for_no_more_than_the_limit},
  };
  return RUN(cases);
}
