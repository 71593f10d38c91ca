/*
 * How JavaScript's thread learns that there is something to collect: from its own event loop where
 * that can be had (Node), from a thread that waits beside it elsewhere (Bun, Deno).
 */
#ifndef OW_WAKEUP_H
#define OW_WAKEUP_H

#define NAPI_VERSION 9
#include <node_api.h>
#include <stdbool.h>

struct ow_wakeup;

/*
 * Calls `collect` on the thread of `env` whenever `descriptor` is ready to be read. NULL: it cannot.
 *
 * A thread that waits beside the loop (`threaded`) knows nothing of its turns: after a call that
 * answered true it waits for ow_wakeup_go_on, or timers and others would not get a turn.
 */
struct ow_wakeup *ow_wakeup_start(napi_env env, int descriptor, bool threaded,
                                  bool (*collect)(void *context), void *context);
void ow_wakeup_go_on(struct ow_wakeup *wakeup);
/* Whether it keeps the process alive. */
void ow_wakeup_hold(struct ow_wakeup *wakeup, bool holds);
/* Calls no more; `stopped` follows once nothing of it runs. */
void ow_wakeup_stop(struct ow_wakeup *wakeup, void (*stopped)(void *context));

#endif
