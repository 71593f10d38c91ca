/*
 * The reactor as JavaScript drives it: one for each thread that loads it.
 *
 * `start(dispatch, end, threaded)` answers the shared tables; `dispatch(count, big?, ...small)` is
 * called with a batch of events, and `end()` behind it. Everything else is told in numbers, a negative
 * one being -errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addon.h"
#include "blocks.h"
#include "room.h"
#include "wakeup.h"

enum {
  BIG_BLOCK_SIZE = 256 * 1024,
  BIG_BLOCKS_KEPT = 64,
  SMALL_BLOCK_SIZE = 16 * 1024,
  OPERATION_NUMBERS = 64 * 1024,
  ARENA_SIZE = 1024 * 1024,
  NEXT_SMALL_MAX = 64,
  /* A big block with less room is replaced before a batch begins. */
  ROOM_MIN = 64 * 1024
};

struct driver {
  napi_env env;
  struct ow_reactor *reactor;
  struct ow_wakeup *wakeup;
  struct ow_room *room;
  napi_async_cleanup_hook_handle cleanup;
  bool is_holding;
  napi_ref dispatch;
  napi_ref end;
  napi_ref tables;
  struct ow_pool *pool;
  napi_ref big;
  struct ow_blocks blocks;
  struct ow_batch batch;
  int32_t *operations;
  char *arena;
  struct ow_carried *carried;
  /* New small blocks of the batch that is being collected, as arguments. */
  napi_value small[NEXT_SMALL_MAX];
  int small_count;
  /* The references of the operations that are being run. */
  napi_value references;
};

static struct driver *driver_of(napi_env env) {
  void *data = NULL;
  napi_get_instance_data(env, &data);
  return data;
}

static struct driver *arguments(napi_env env, napi_callback_info info, size_t count,
                                napi_value *values) {
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  return driver_of(env);
}

/*
 * The loop is kept alive as long as a slot is open that is to keep it, and there is room for twice as
 * many as are open.
 */
static void hold(struct driver *driver) {
  ow_room_for(driver->room, 2 * ow_reactor_open_count(driver->reactor));
  bool holds = ow_reactor_keeping_count(driver->reactor) > 0;
  if (holds == driver->is_holding) return;
  driver->is_holding = holds;
  ow_wakeup_hold(driver->wakeup, holds);
}

/* ---- blocks ---- */

static void block_is_free(napi_env env, void *data, void *hint) {
  (void)env;
  ow_pool_give_back(hint, data);
}

/* Puts a new big block in place; NULL when there is none to be had. */
static napi_value next_big(struct driver *driver) {
  napi_env env = driver->env;
  napi_value buffer = NULL;
  void *memory = ow_pool_take(driver->pool);
  if (memory == NULL) return NULL;
  if (napi_create_external_arraybuffer(env, memory, BIG_BLOCK_SIZE, block_is_free, driver->pool,
                                       &buffer) != napi_ok) {
    /* Where JavaScript takes no memory from outside, it gives its own. */
    ow_pool_give_back(driver->pool, memory);
    if (napi_create_arraybuffer(env, BIG_BLOCK_SIZE, &memory, &buffer) != napi_ok) return NULL;
  }
  if (driver->big != NULL) napi_delete_reference(env, driver->big);
  napi_create_reference(env, buffer, 1, &driver->big);
  driver->blocks.big = memory;
  driver->blocks.big_used = 0;
  return buffer;
}

static bool next_small(void *context, struct ow_blocks *blocks) {
  struct driver *driver = context;
  void *memory;
  if (driver->small_count == NEXT_SMALL_MAX) return false;
  napi_value *buffer = &driver->small[driver->small_count];
  if (napi_create_arraybuffer(driver->env, SMALL_BLOCK_SIZE, &memory, buffer) != napi_ok)
    return false;
  driver->small_count++;
  blocks->small = memory;
  blocks->small_size = SMALL_BLOCK_SIZE;
  blocks->small_used = 0;
  return true;
}

/* ---- a batch ---- */

static void report(napi_env env) {
  napi_value thrown;
  bool is_pending = false;
  napi_is_exception_pending(env, &is_pending);
  if (!is_pending) return;
  napi_get_and_clear_last_exception(env, &thrown);
  napi_fatal_exception(env, thrown);
}

/* Where the loop calls, ticks and promises of what it calls have run when this returns; NULL when it threw. */
static napi_value call(struct driver *driver, napi_ref kept, size_t count,
                       const napi_value *values) {
  napi_env env = driver->env;
  napi_value function;
  napi_value self;
  napi_value result = NULL;
  napi_get_reference_value(env, kept, &function);
  napi_get_global(env, &self);
  napi_make_callback(env, NULL, self, function, count, values, &result);
  report(env);
  return result;
}

/* What nobody keeps from `from` on is read into again; an answer that is no place is none. */
static void use_again(struct driver *driver, napi_value from) {
  int32_t at = -1;
  if (from == NULL || napi_get_value_int32(driver->env, from, &at) != napi_ok) return;
  if (at >= 0 && (size_t)at < driver->blocks.big_used) driver->blocks.big_used = (size_t)at;
}

static void dispatch(struct driver *driver, napi_value big) {
  napi_env env = driver->env;
  napi_value values[2 + NEXT_SMALL_MAX];
  values[0] = number(env, driver->batch.event_count);
  values[1] = big;
  if (big == NULL) napi_get_undefined(env, &values[1]);
  for (int index = 0; index < driver->small_count; index++)
    values[2 + index] = driver->small[index];
  const char *block = driver->blocks.big;
  size_t used = driver->blocks.big_used;
  napi_value spent =
      call(driver, driver->dispatch, 2 + (size_t)driver->small_count, values);
  call(driver, driver->end, 0, NULL);
  /* A loop that was run from in there has had a batch of its own. */
  if (driver->blocks.big == block && driver->blocks.big_used == used) use_again(driver, spent);
}

/* Whether JavaScript was told of anything. */
static bool collect(void *context) {
  struct driver *driver = context;
  napi_env env = driver->env;
  napi_handle_scope scope;
  napi_value big = NULL;
  bool is_told = false;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  driver->small_count = 0;
  if (driver->blocks.big_size - driver->blocks.big_used < ROOM_MIN || driver->blocks.big == NULL)
    big = next_big(driver);
  if (driver->blocks.big != NULL) {
    ow_collect(driver->reactor, &driver->batch, &driver->blocks);
    is_told = driver->batch.event_count > 0 || big != NULL;
    if (is_told) dispatch(driver, big);
    ow_batch_done(driver->reactor);
  }
  hold(driver);
  napi_close_handle_scope(env, scope);
  return is_told;
}

/* goOn(): what was told last has been looked at, and everybody else had a turn */
static napi_value go_on(napi_env env, napi_callback_info info) {
  (void)info;
  ow_wakeup_go_on(driver_of(env)->wakeup);
  return NULL;
}

static const char *reference(void *context, int32_t index) {
  struct driver *driver = context;
  napi_value array;
  void *data = NULL;
  if (napi_get_element(driver->env, driver->references, (uint32_t)index, &array) != napi_ok)
    return NULL;
  if (napi_get_typedarray_info(driver->env, array, NULL, NULL, &data, NULL, NULL) != napi_ok)
    return NULL;
  return data;
}

/* run(length, references) */
static napi_value run(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  driver->references = values[1];
  struct ow_sources sources = {.arena = driver->arena,
                               .big_block = driver->blocks.big,
                               .reference = reference,
                               .context = driver};
  ow_run(driver->reactor, driver->operations, int_of(env, values[0]), &sources);
  hold(driver);
  return NULL;
}

/* ---- for the other parts ---- */

struct ow_reactor *ow_addon_reactor(napi_env env) {
  return driver_of(env)->reactor;
}

struct ow_carried *ow_addon_carried(napi_env env) {
  return driver_of(env)->carried;
}

int ow_addon_descriptor(napi_env env, napi_value slot) {
  return ow_descriptor(ow_addon_reactor(env), int_of(env, slot));
}

void ow_addon_hold(napi_env env) {
  hold(driver_of(env));
}

napi_value ow_addon_added(napi_env env, int fd, unsigned traits) {
  struct driver *driver = driver_of(env);
  if (fd < 0) return number(env, fd);
  int slot = ow_add(driver->reactor, fd, traits);
  if (slot < 0) close(fd);
  else if (traits & OW_LISTENS) ow_room_for(driver->room, OW_ROOM_OF_LISTENERS);
  hold(driver);
  return number(env, slot);
}

/* counts(): [open slots, blocks lent] */
static napi_value counts(napi_env env, napi_callback_info info) {
  (void)info;
  struct driver *driver = driver_of(env);
  napi_value result;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, ow_reactor_open_count(driver->reactor)));
  napi_set_element(env, result, 1, number(env, (double)ow_pool_lent(driver->pool)));
  return result;
}

/* ---- the driver itself ---- */

static void *table(napi_env env, napi_value tables, const char *key, size_t size) {
  napi_value buffer;
  void *memory = NULL;
  if (napi_create_arraybuffer(env, size, &memory, &buffer) != napi_ok) return NULL;
  napi_set_named_property(env, tables, key, buffer);
  return memory;
}

static void stopped(void *context) {
  struct driver *driver = context;
  ow_reactor_free(driver->reactor);
  ow_pool_close(driver->pool);
  ow_room_free(driver->room);
  napi_async_cleanup_hook_handle cleanup = driver->cleanup;
  free(driver);
  if (cleanup != NULL) napi_remove_async_cleanup_hook(cleanup);
}

static void clean_up(napi_async_cleanup_hook_handle handle, void *argument) {
  struct driver *driver = argument;
  driver->cleanup = handle;
  ow_wakeup_stop(driver->wakeup, stopped);
}

/* Where nothing of the loop is used it stops at once: Deno frees an asynchronous hook twice. */
static void clean_up_now(void *argument) {
  struct driver *driver = argument;
  ow_wakeup_stop(driver->wakeup, stopped);
}

static napi_value refused(napi_env env, const char *why) {
  napi_throw_error(env, NULL, why);
  return NULL;
}

/* Of one that never ran. */
static napi_value given_up(struct driver *driver, const char *why) {
  napi_env env = driver->env;
  if (driver->reactor != NULL) ow_reactor_free(driver->reactor);
  if (driver->pool != NULL) ow_pool_close(driver->pool);
  if (driver->room != NULL) ow_room_free(driver->room);
  if (driver->tables != NULL) napi_delete_reference(env, driver->tables);
  if (driver->dispatch != NULL) napi_delete_reference(env, driver->dispatch);
  free(driver);
  return refused(env, why);
}

/* start(dispatch, end, threaded): { events, names, rights, operations, arena, carried } */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value values[3];
  napi_value tables;
  if (arguments(env, info, 3, values) != NULL) return refused(env, "it runs already");
  struct driver *driver = calloc(1, sizeof *driver);
  if (driver == NULL) return refused(env, "no memory");
  driver->env = env;
  driver->reactor = ow_reactor_new();
  driver->pool = ow_pool_new(BIG_BLOCK_SIZE, BIG_BLOCKS_KEPT);
  driver->room = ow_room_new();
  if (driver->reactor == NULL || driver->pool == NULL || driver->room == NULL)
    return given_up(driver, strerror(errno));
  driver->blocks = (struct ow_blocks){
      .big_size = BIG_BLOCK_SIZE, .next_small = next_small, .context = driver};
  napi_create_object(env, &tables);
  size_t word = sizeof(int32_t);
  driver->batch.events = table(env, tables, "events", OW_EVENTS_MAX * OW_EVENT_FIELDS * word);
  driver->batch.names = table(env, tables, "names", OW_NAMES_MAX * OW_NAME_FIELDS * word);
  driver->batch.rights = table(env, tables, "rights", OW_RIGHTS_MAX * word);
  driver->operations = table(env, tables, "operations", OPERATION_NUMBERS * word);
  driver->arena = table(env, tables, "arena", ARENA_SIZE);
  driver->carried =
      table(env, tables, "carried", OW_CARRIED_SLOTS_MAX * sizeof(struct ow_carried));
  napi_create_reference(env, tables, 1, &driver->tables);
  napi_create_reference(env, values[0], 1, &driver->dispatch);
  napi_create_reference(env, values[1], 1, &driver->end);
  int descriptor = ow_reactor_descriptor(driver->reactor);
  bool threaded = bool_of(env, values[2]);
  driver->wakeup = ow_wakeup_start(env, descriptor, threaded, collect, driver);
  if (driver->wakeup == NULL) return given_up(driver, "the event loop cannot be had");
  napi_set_instance_data(env, driver, NULL, NULL);
  if (threaded) napi_add_env_cleanup_hook(env, clean_up_now, driver);
  else napi_add_async_cleanup_hook(env, clean_up, driver, &driver->cleanup);
  return tables;
}

NAPI_MODULE_INIT() {
  static const struct named_call calls[] = {
      {"start", start},
      {"run", run},
      {"goOn", go_on},
      {"counts", counts}};
  EXPORT_CALLS(env, exports, calls);
  ow_export_slot_calls(env, exports);
  ow_export_socket_calls(env, exports);
  ow_export_terminal_calls(env, exports);
  ow_export_carry_calls(env, exports);
  ow_export_pipe_calls(env, exports);
  return exports;
}
