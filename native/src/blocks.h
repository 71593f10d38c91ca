/*
 * Blocks that received bytes lie in. A block is given away as it fills, and comes back to its pool when
 * nobody holds a view of it any more; never before, so that no byte changes under a reader.
 */
#ifndef OW_BLOCKS_H
#define OW_BLOCKS_H

#include <stddef.h>

struct ow_pool;

/* Keeps at most `keep` blocks that came back; the rest is freed. */
struct ow_pool *ow_pool_new(size_t block_size, size_t keep);
/* The pool lives until its last block has come back. */
void ow_pool_close(struct ow_pool *pool);
/* NULL when there is no memory. */
char *ow_pool_take(struct ow_pool *pool);
void ow_pool_give_back(struct ow_pool *pool, char *block);
/* Asked by tests alone. */
size_t ow_pool_block_size(const struct ow_pool *pool);
/* How many blocks somebody holds. */
size_t ow_pool_lent(const struct ow_pool *pool);

#endif
