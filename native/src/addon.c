/*
 * The reactor as JavaScript drives it: one for each thread that loads it.
 *
 * `start(dispatch, threaded)` answers the shared tables; `dispatch(count, big?, ...small)` is called
 * with a batch of events. Everything else is told in numbers, a negative one being -errno.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 9
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "reactor.h"
#include "socket.h"
#include "terminal.h"
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
  napi_async_cleanup_hook_handle cleanup;
  bool is_holding;
  napi_ref dispatch;
  napi_ref tables;
  struct ow_pool *pool;
  napi_ref big;
  struct ow_blocks blocks;
  struct ow_batch batch;
  int32_t *operations;
  char *arena;
  /* New small blocks of the batch that is being collected, as arguments. */
  napi_value small[NEXT_SMALL_MAX];
  int small_count;
  /* The references of the operations that are being run. */
  napi_value references;
};

static napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static struct driver *driver_of(napi_env env) {
  void *data = NULL;
  napi_get_instance_data(env, &data);
  return data;
}

static int32_t int_of(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

static bool bool_of(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

static struct driver *arguments(napi_env env, napi_callback_info info, size_t count,
                                napi_value *values) {
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  return driver_of(env);
}

/* The loop is kept alive as long as a slot is open that is to keep it. */
static void hold(struct driver *driver) {
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

static void dispatch(struct driver *driver, napi_value big) {
  napi_env env = driver->env;
  napi_value values[2 + NEXT_SMALL_MAX];
  napi_value function;
  napi_value self;
  napi_value result;
  values[0] = number(env, driver->batch.event_count);
  values[1] = big;
  if (big == NULL) napi_get_undefined(env, &values[1]);
  for (int index = 0; index < driver->small_count; index++)
    values[2 + index] = driver->small[index];
  napi_get_reference_value(env, driver->dispatch, &function);
  napi_get_global(env, &self);
  napi_make_callback(env, NULL, self, function, 2 + (size_t)driver->small_count, values, &result);
  report(env);
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

/* ---- making slots ---- */

static napi_value added(struct driver *driver, int fd, unsigned traits) {
  if (fd < 0) return number(driver->env, fd);
  int slot = ow_add(driver->reactor, fd, traits);
  if (slot < 0) close(fd);
  hold(driver);
  return number(driver->env, slot);
}

static int internet_of(napi_env env, napi_value host, napi_value port, struct ow_address *address) {
  char text[OW_TEXT_SIZE];
  size_t length = 0;
  napi_get_value_string_utf8(env, host, text, sizeof text, &length);
  return ow_internet_address(address, text, int_of(env, port));
}

static int unix_of(napi_env env, napi_value path, struct ow_address *address) {
  void *bytes = NULL;
  size_t length = 0;
  napi_get_typedarray_info(env, path, NULL, &length, &bytes, NULL, NULL);
  return ow_unix_address(address, bytes, length);
}

/* listenTcp(host, port, backlog, ipv6Only) */
static napi_value listen_tcp(napi_env env, napi_callback_info info) {
  napi_value values[4];
  struct driver *driver = arguments(env, info, 4, values);
  struct ow_address address;
  int status = internet_of(env, values[0], values[1], &address);
  if (status < 0) return number(env, status);
  int fd = ow_listen(&address, int_of(env, values[2]), bool_of(env, values[3]));
  return added(driver, fd, OW_LISTENS | OW_SOCKET | OW_TCP);
}

/* listenUnix(path, backlog) */
static napi_value listen_unix(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  struct ow_address address;
  int status = unix_of(env, values[0], &address);
  if (status < 0) return number(env, status);
  int fd = ow_listen(&address, int_of(env, values[1]), false);
  return added(driver, fd, OW_LISTENS | OW_SOCKET | OW_RIGHTS);
}

static const unsigned CONNECTING = OW_CONNECTS | OW_READS | OW_WRITES | OW_SOCKET;

/* connectTcp(host, port, localHost?, localPort) */
static napi_value connect_tcp(napi_env env, napi_callback_info info) {
  napi_value values[4];
  struct driver *driver = arguments(env, info, 4, values);
  struct ow_address to;
  struct ow_address from;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, values[2], &type);
  int status = internet_of(env, values[0], values[1], &to);
  if (status == 0 && type == napi_string)
    status = internet_of(env, values[2], values[3], &from);
  if (status < 0) return number(env, status);
  return added(driver, ow_connect(&to, type == napi_string ? &from : NULL), CONNECTING | OW_TCP);
}

/* connectUnix(path) */
static napi_value connect_unix(napi_env env, napi_callback_info info) {
  napi_value values[1];
  struct driver *driver = arguments(env, info, 1, values);
  struct ow_address address;
  int status = unix_of(env, values[0], &address);
  if (status < 0) return number(env, status);
  return added(driver, ow_connect(&address, NULL), CONNECTING | OW_RIGHTS);
}

/* adopt(fd, traits) */
static napi_value adopt(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  int slot = ow_add(driver->reactor, int_of(env, values[0]), (unsigned)int_of(env, values[1]));
  hold(driver);
  return number(env, slot);
}

/* detach(slot) */
static napi_value detach(napi_env env, napi_callback_info info) {
  napi_value values[1];
  struct driver *driver = arguments(env, info, 1, values);
  int fd = ow_detach(driver->reactor, int_of(env, values[0]));
  hold(driver);
  return number(env, fd);
}

/* ---- programs on terminals ---- */

static char *text_of(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, NULL, 0, &length);
  char *text = malloc(length + 1);
  if (text != NULL) napi_get_value_string_utf8(env, value, text, length + 1, &length);
  return text;
}

static void free_texts(char **texts) {
  for (char **text = texts; texts != NULL && *text != NULL; text++) free(*text);
  free(texts);
}

/* An array of strings, up to NULL; NULL when there is no memory. */
static char **texts_of(napi_env env, napi_value array) {
  uint32_t count = 0;
  napi_get_array_length(env, array, &count);
  char **texts = calloc((size_t)count + 1, sizeof *texts);
  for (uint32_t index = 0; texts != NULL && index < count; index++) {
    napi_value element;
    napi_get_element(env, array, index, &element);
    texts[index] = text_of(env, element);
    if (texts[index] == NULL) {
      free_texts(texts);
      return NULL;
    }
  }
  return texts;
}

static napi_value numbers(napi_env env, const double *values, uint32_t count) {
  napi_value result;
  napi_create_array_with_length(env, count, &result);
  for (uint32_t index = 0; index < count; index++)
    napi_set_element(env, result, index, number(env, values[index]));
  return result;
}

/*
 * startOnTerminal(candidates, arguments, environment, folder | undefined, columns, rows, isRaw):
 * [master, watch, pid], or [-errno, stage]
 */
static napi_value start_on_terminal(napi_env env, napi_callback_info info) {
  napi_value values[7];
  napi_valuetype type = napi_undefined;
  struct ow_running running = {0};
  int failure = -ENOMEM;
  arguments(env, info, 7, values);
  napi_typeof(env, values[3], &type);
  char **candidates = texts_of(env, values[0]);
  char **words = texts_of(env, values[1]);
  char **environment = texts_of(env, values[2]);
  char *folder = type == napi_string ? text_of(env, values[3]) : NULL;
  struct ow_program program = {.candidates = candidates,
                               .arguments = words,
                               .environment = environment,
                               .folder = folder,
                               .columns = (unsigned short)int_of(env, values[4]),
                               .rows = (unsigned short)int_of(env, values[5]),
                               .is_raw = bool_of(env, values[6])};
  if (candidates != NULL && words != NULL && environment != NULL)
    failure = ow_terminal_start(&program, &running);
  free_texts(candidates);
  free_texts(words);
  free_texts(environment);
  free(folder);
  if (failure != 0) return numbers(env, (double[]){failure, running.failed_at}, 2);
  return numbers(env, (double[]){running.master, running.watch, running.pid}, 3);
}

/* resizeTerminal(slot, columns, rows) */
static napi_value resize_terminal(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct driver *driver = arguments(env, info, 3, values);
  int fd = ow_descriptor(driver->reactor, int_of(env, values[0]));
  unsigned short columns = (unsigned short)int_of(env, values[1]);
  return number(env, ow_terminal_resize(fd, columns, (unsigned short)int_of(env, values[2])));
}

/* reap(slot): [exitCode, signal]; -errno */
static napi_value reap(napi_env env, napi_callback_info info) {
  napi_value values[1];
  struct driver *driver = arguments(env, info, 1, values);
  int exit_code = 0;
  int signal = 0;
  int watch = ow_descriptor(driver->reactor, int_of(env, values[0]));
  int status = ow_terminal_reap(watch, &exit_code, &signal);
  if (status != 0) return number(env, status);
  return numbers(env, (double[]){exit_code, signal}, 2);
}

/* ---- asking about slots ---- */

/* name(slot, ofPeer): [family, port, bytes], or -errno */
static napi_value name(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  struct ow_name found;
  int fd = ow_descriptor(driver->reactor, int_of(env, values[0]));
  int status = ow_name_of(fd, bool_of(env, values[1]), &found);
  if (status < 0) return number(env, status);
  napi_value result;
  napi_value text;
  napi_create_array_with_length(env, 3, &result);
  napi_set_element(env, result, 0, number(env, found.family));
  napi_set_element(env, result, 1, number(env, found.port));
  napi_create_buffer_copy(env, found.length, found.text, NULL, &text);
  napi_set_element(env, result, 2, text);
  return result;
}

/* setNoDelay(slot, enabled) */
static napi_value set_no_delay(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  int fd = ow_descriptor(driver->reactor, int_of(env, values[0]));
  return number(env, ow_set_no_delay(fd, bool_of(env, values[1])));
}

/* setKeepAlive(slot, enabled, delaySeconds) */
static napi_value set_keep_alive(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct driver *driver = arguments(env, info, 3, values);
  int fd = ow_descriptor(driver->reactor, int_of(env, values[0]));
  bool enabled = bool_of(env, values[1]);
  return number(env, ow_set_keep_alive(fd, enabled, int_of(env, values[2])));
}

/* unacknowledged(slot) */
static napi_value unacknowledged(napi_env env, napi_callback_info info) {
  napi_value values[1];
  struct driver *driver = arguments(env, info, 1, values);
  return number(env, ow_unacknowledged(ow_descriptor(driver->reactor, int_of(env, values[0]))));
}

/* readNow(slot, into, rights): how many bytes, 0 at the end, or -errno; rights[0] descriptors follow */
static napi_value read_now(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct driver *driver = arguments(env, info, 3, values);
  void *into = NULL;
  void *table = NULL;
  size_t size = 0;
  size_t room = 0;
  napi_get_typedarray_info(env, values[1], NULL, &size, &into, NULL, NULL);
  napi_get_typedarray_info(env, values[2], NULL, &room, &table, NULL, NULL);
  struct ow_received_rights rights = {.table = (int32_t *)table + 1, .room = (int32_t)room - 1};
  long got = ow_read_now(driver->reactor, int_of(env, values[0]), into, size, &rights);
  *(int32_t *)table = rights.count;
  return number(env, (double)got);
}

/* duplicate(fd): another number for the same open file, or -errno */
static napi_value duplicate(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments(env, info, 1, values);
  int fd = fcntl(int_of(env, values[0]), F_DUPFD_CLOEXEC, 0);
  return number(env, fd < 0 ? -errno : fd);
}

/* closeDescriptor(fd) */
static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments(env, info, 1, values);
  return number(env, close(int_of(env, values[0])) == 0 ? 0 : -errno);
}

/* keepProcess(slot, keeps) */
static napi_value keep_process(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct driver *driver = arguments(env, info, 2, values);
  ow_keep_process(driver->reactor, int_of(env, values[0]), bool_of(env, values[1]));
  hold(driver);
  return NULL;
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

/* start(dispatch, threaded): { events, names, rights, operations, arena } */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value values[2];
  napi_value tables;
  if (arguments(env, info, 2, values) != NULL) return refused(env, "it runs already");
  struct driver *driver = calloc(1, sizeof *driver);
  if (driver == NULL) return refused(env, "no memory");
  driver->env = env;
  driver->reactor = ow_reactor_new();
  driver->pool = ow_pool_new(BIG_BLOCK_SIZE, BIG_BLOCKS_KEPT);
  if (driver->reactor == NULL || driver->pool == NULL) return refused(env, strerror(errno));
  driver->blocks = (struct ow_blocks){
      .big_size = BIG_BLOCK_SIZE, .next_small = next_small, .context = driver};
  napi_create_object(env, &tables);
  size_t word = sizeof(int32_t);
  driver->batch.events = table(env, tables, "events", OW_EVENTS_MAX * OW_EVENT_FIELDS * word);
  driver->batch.names = table(env, tables, "names", OW_NAMES_MAX * OW_NAME_FIELDS * word);
  driver->batch.rights = table(env, tables, "rights", OW_RIGHTS_MAX * word);
  driver->operations = table(env, tables, "operations", OPERATION_NUMBERS * word);
  driver->arena = table(env, tables, "arena", ARENA_SIZE);
  napi_create_reference(env, tables, 1, &driver->tables);
  napi_create_reference(env, values[0], 1, &driver->dispatch);
  int descriptor = ow_reactor_descriptor(driver->reactor);
  bool threaded = bool_of(env, values[1]);
  driver->wakeup = ow_wakeup_start(env, descriptor, threaded, collect, driver);
  if (driver->wakeup == NULL) return refused(env, "the event loop cannot be had");
  napi_set_instance_data(env, driver, NULL, NULL);
  if (threaded) napi_add_env_cleanup_hook(env, clean_up_now, driver);
  else napi_add_async_cleanup_hook(env, clean_up, driver, &driver->cleanup);
  return tables;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"start", start},
               {"run", run},
               {"goOn", go_on},
               {"listenTcp", listen_tcp},
               {"listenUnix", listen_unix},
               {"connectTcp", connect_tcp},
               {"connectUnix", connect_unix},
               {"adopt", adopt},
               {"detach", detach},
               {"name", name},
               {"setNoDelay", set_no_delay},
               {"setKeepAlive", set_keep_alive},
               {"unacknowledged", unacknowledged},
               {"readNow", read_now},
               {"keepProcess", keep_process},
               {"duplicate", duplicate},
               {"startOnTerminal", start_on_terminal},
               {"resizeTerminal", resize_terminal},
               {"reap", reap},
               {"closeDescriptor", close_descriptor},
               {"counts", counts}};
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
    napi_value function;
    napi_create_function(env, calls[index].name, NAPI_AUTO_LENGTH, calls[index].call, NULL,
                         &function);
    napi_set_named_property(env, exports, calls[index].name, function);
  }
  return exports;
}
