#define _GNU_SOURCE
#include "wakeup.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What is used of libuv, found in the running program: its header is not needed to build. */
struct loop_calls {
  size_t (*handle_size)(int type);
  int (*poll_init)(void *loop, void *handle, int fd);
  int (*poll_start)(void *handle, int events, void (*ready)(void *handle, int status, int events));
  int (*poll_stop)(void *handle);
  void (*handle_set_data)(void *handle, void *data);
  void *(*handle_get_data)(const void *handle);
  void (*close)(void *handle, void (*closed)(void *handle));
  void (*ref)(void *handle);
  void (*unref)(void *handle);
};

enum { UV_POLL_TYPE = 8, UV_READABLE_EVENT = 1 };

struct ow_wakeup {
  napi_env env;
  int descriptor;
  bool (*collect)(void *context);
  void (*stopped)(void *context);
  void *context;
  bool is_stopping;
  /* In the loop. */
  struct loop_calls calls;
  void *handle;
  /* Beside it. */
  pthread_t thread;
  sem_t looked_at;
  int stop_event;
  napi_threadsafe_function tell;
  /* A call was made and has not come yet: at most one is. */
  atomic_bool is_told;
};

/* ISO C has no way from an object pointer to a function pointer but through its bytes. */
static bool find(void *into, const char *name) {
  void *found = dlsym(RTLD_DEFAULT, name);
  *(void **)into = found;
  return found != NULL;
}

static bool find_loop_calls(struct loop_calls *calls) {
  return find(&calls->handle_size, "uv_handle_size") && find(&calls->poll_init, "uv_poll_init") &&
         find(&calls->poll_start, "uv_poll_start") && find(&calls->poll_stop, "uv_poll_stop") &&
         find(&calls->handle_set_data, "uv_handle_set_data") &&
         find(&calls->handle_get_data, "uv_handle_get_data") && find(&calls->close, "uv_close") &&
         find(&calls->ref, "uv_ref") && find(&calls->unref, "uv_unref");
}

/* The first member of every handle is its data, whose getter is not needed on the hot path. */
static void loop_ready(void *handle, int status, int events) {
  (void)status;
  (void)events;
  /* The loop itself comes back here no sooner than after a turn of its own. */
  struct ow_wakeup *wakeup = *(void **)handle;
  wakeup->collect(wakeup->context);
}

static void loop_closed(void *handle) {
  struct ow_wakeup *wakeup = *(void **)handle;
  void (*stopped)(void *context) = wakeup->stopped;
  void *context = wakeup->context;
  free(handle);
  free(wakeup);
  stopped(context);
}

static bool start_in_loop(struct ow_wakeup *wakeup) {
  struct loop_calls *calls = &wakeup->calls;
  struct uv_loop_s *loop = NULL;
  if (!find_loop_calls(calls)) return false;
  if (napi_get_uv_event_loop(wakeup->env, &loop) != napi_ok || loop == NULL) return false;
  wakeup->handle = calloc(1, calls->handle_size(UV_POLL_TYPE));
  if (wakeup->handle == NULL) return false;
  if (calls->poll_init(loop, wakeup->handle, wakeup->descriptor) != 0) {
    free(wakeup->handle);
    return false;
  }
  calls->handle_set_data(wakeup->handle, wakeup);
  calls->poll_start(wakeup->handle, UV_READABLE_EVENT, loop_ready);
  calls->unref(wakeup->handle);
  return true;
}

static void told(napi_env env, napi_value function, void *context, void *data) {
  (void)function;
  (void)data;
  struct ow_wakeup *wakeup = context;
  if (wakeup->is_stopping) {
    /* It was on its way when the thread was stopped, and is the last to know of it. */
    free(wakeup);
    return;
  }
  atomic_store(&wakeup->is_told, false);
  if (env == NULL || !wakeup->collect(wakeup->context)) ow_wakeup_go_on(wakeup);
}

static void *wait_beside(void *argument) {
  struct ow_wakeup *wakeup = argument;
  struct pollfd waits[2] = {{.fd = wakeup->descriptor, .events = POLLIN},
                            {.fd = wakeup->stop_event, .events = POLLIN}};
  for (;;) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return NULL;
    if (waits[1].revents != 0) return NULL;
    if (waits[0].revents == 0) continue;
    atomic_store(&wakeup->is_told, true);
    if (napi_call_threadsafe_function(wakeup->tell, NULL, napi_tsfn_nonblocking) != napi_ok) {
      atomic_store(&wakeup->is_told, false);
      return NULL;
    }
    while (sem_wait(&wakeup->looked_at) != 0 && errno == EINTR) {
    }
  }
}

static bool start_beside(struct ow_wakeup *wakeup) {
  napi_env env = wakeup->env;
  napi_value name;
  wakeup->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeup->stop_event < 0) return false;
  sem_init(&wakeup->looked_at, 0, 0);
  if (napi_create_string_utf8(env, "overwall", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, wakeup, told,
                                      &wakeup->tell) == napi_ok) {
    napi_unref_threadsafe_function(env, wakeup->tell);
    if (pthread_create(&wakeup->thread, NULL, wait_beside, wakeup) == 0) return true;
    napi_release_threadsafe_function(wakeup->tell, napi_tsfn_abort);
  }
  sem_destroy(&wakeup->looked_at);
  close(wakeup->stop_event);
  return false;
}

struct ow_wakeup *ow_wakeup_start(napi_env env, int descriptor, bool threaded,
                                  bool (*collect)(void *context), void *context) {
  struct ow_wakeup *wakeup = calloc(1, sizeof *wakeup);
  if (wakeup == NULL) return NULL;
  wakeup->env = env;
  wakeup->descriptor = descriptor;
  wakeup->collect = collect;
  wakeup->context = context;
  if (threaded ? start_beside(wakeup) : start_in_loop(wakeup)) return wakeup;
  free(wakeup);
  return NULL;
}

void ow_wakeup_go_on(struct ow_wakeup *wakeup) {
  if (wakeup->handle == NULL) sem_post(&wakeup->looked_at);
}

void ow_wakeup_hold(struct ow_wakeup *wakeup, bool holds) {
  if (wakeup->handle != NULL) {
    if (holds) wakeup->calls.ref(wakeup->handle);
    else wakeup->calls.unref(wakeup->handle);
  } else if (holds) {
    napi_ref_threadsafe_function(wakeup->env, wakeup->tell);
  } else {
    napi_unref_threadsafe_function(wakeup->env, wakeup->tell);
  }
}

/* Nothing of the thread runs when it returns. */
static void stop_beside(struct ow_wakeup *wakeup) {
  uint64_t one = 1;
  /* An eventfd that holds nothing takes a one. */
  while (write(wakeup->stop_event, &one, sizeof one) < 0 && errno == EINTR) {
  }
  sem_post(&wakeup->looked_at);
  pthread_join(wakeup->thread, NULL);
  napi_release_threadsafe_function(wakeup->tell, napi_tsfn_abort);
  close(wakeup->stop_event);
  sem_destroy(&wakeup->looked_at);
}

void ow_wakeup_stop(struct ow_wakeup *wakeup, void (*stopped)(void *context)) {
  wakeup->stopped = stopped;
  wakeup->is_stopping = true;
  if (wakeup->handle != NULL) {
    wakeup->calls.poll_stop(wakeup->handle);
    wakeup->calls.close(wakeup->handle, loop_closed);
    return;
  }
  stop_beside(wakeup);
  void *context = wakeup->context;
  /* A call on its way still comes, or never does: only it can tell when this is of no use. */
  if (!atomic_load(&wakeup->is_told)) free(wakeup);
  stopped(context);
}
