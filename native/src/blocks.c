#include "blocks.h"

#include <stdbool.h>
#include <stdlib.h>

struct ow_pool {
  size_t block_size;
  size_t keep;
  size_t kept_count;
  size_t lent;
  bool is_closed;
  char *kept[];
};

struct ow_pool *ow_pool_new(size_t block_size, size_t keep) {
  struct ow_pool *pool = calloc(1, sizeof *pool + keep * sizeof pool->kept[0]);
  if (pool == NULL) return NULL;
  pool->block_size = block_size;
  pool->keep = keep;
  return pool;
}

static void free_kept(struct ow_pool *pool) {
  while (pool->kept_count > 0) free(pool->kept[--pool->kept_count]);
}

void ow_pool_close(struct ow_pool *pool) {
  pool->is_closed = true;
  free_kept(pool);
  if (pool->lent == 0) free(pool);
}

char *ow_pool_take(struct ow_pool *pool) {
  char *block = pool->kept_count > 0 ? pool->kept[--pool->kept_count] : malloc(pool->block_size);
  if (block != NULL) pool->lent++;
  return block;
}

void ow_pool_give_back(struct ow_pool *pool, char *block) {
  pool->lent--;
  if (!pool->is_closed && pool->kept_count < pool->keep) {
    pool->kept[pool->kept_count++] = block;
    return;
  }
  free(block);
  if (pool->is_closed && pool->lent == 0) free(pool);
}

size_t ow_pool_block_size(const struct ow_pool *pool) {
  return pool->block_size;
}

size_t ow_pool_lent(const struct ow_pool *pool) {
  return pool->lent;
}
