#include "../src/blocks.h"
#include "check.h"

static void lends_distinct_blocks(void) {
  struct ow_pool *pool = ow_pool_new(4096, 2);
  char *first = ow_pool_take(pool);
  char *second = ow_pool_take(pool);
  CHECK(first != NULL && second != NULL && first != second);
  CHECK_EQUAL(ow_pool_lent(pool), 2);
  CHECK_EQUAL(ow_pool_block_size(pool), 4096);
  memset(first, 1, 4096);
  memset(second, 2, 4096);
  CHECK(first[4095] == 1);
  ow_pool_give_back(pool, first);
  ow_pool_give_back(pool, second);
  CHECK_EQUAL(ow_pool_lent(pool), 0);
  ow_pool_close(pool);
}

static void reuses_only_what_came_back(void) {
  enum { MANY = 50 };
  struct ow_pool *pool = ow_pool_new(64, MANY);
  char *lent[MANY];
  for (int index = 0; index < MANY; index++) {
    lent[index] = ow_pool_take(pool);
    memset(lent[index], index, 64);
  }
  ow_pool_give_back(pool, lent[7]);
  char *again = ow_pool_take(pool);
  CHECK(again == lent[7]);
  memset(again, 0x7f, 64);
  for (int index = 0; index < MANY; index++) {
    if (index == 7) continue;
    CHECK_EQUAL(lent[index][0], index);
    CHECK_EQUAL(lent[index][63], index);
  }
  for (int index = 0; index < MANY; index++) ow_pool_give_back(pool, lent[index]);
  ow_pool_close(pool);
}

static void keeps_no_more_than_asked(void) {
  struct ow_pool *pool = ow_pool_new(64, 1);
  char *first = ow_pool_take(pool);
  char *second = ow_pool_take(pool);
  ow_pool_give_back(pool, first);
  /* Freed: a sanitizer would tell if it were given out again. */
  ow_pool_give_back(pool, second);
  CHECK(ow_pool_take(pool) == first);
  char *fresh = ow_pool_take(pool);
  memset(fresh, 3, 64);
  ow_pool_give_back(pool, first);
  ow_pool_give_back(pool, fresh);
  ow_pool_close(pool);
}

static void outlives_its_closing_while_lent(void) {
  struct ow_pool *pool = ow_pool_new(64, 4);
  char *kept = ow_pool_take(pool);
  char *first = ow_pool_take(pool);
  char *second = ow_pool_take(pool);
  ow_pool_give_back(pool, kept);
  ow_pool_close(pool);
  memset(first, 1, 64);
  ow_pool_give_back(pool, second);
  CHECK_EQUAL(first[63], 1);
  ow_pool_give_back(pool, first);
}

int main(void) {
  static const struct check_case cases[] = {
      {"blocks that are lent are distinct", lends_distinct_blocks},
      {"a block is used again only when it came back", reuses_only_what_came_back},
      {"no more blocks are kept than asked for", keeps_no_more_than_asked},
      {"a closed pool lives until its last block has come back", outlives_its_closing_while_lent},
  };
  return RUN(cases);
}
