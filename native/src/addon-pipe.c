#define NAPI_VERSION 9
#include "addon-pipe.h"

#include "pipe.h"

static napi_value number(napi_env env, int value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

static napi_value argument(napi_env env, napi_callback_info info) {
  napi_value value;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  return value;
}

static int descriptor(napi_env env, napi_callback_info info) {
  int32_t fd = -1;
  napi_get_value_int32(env, argument(env, info), &fd);
  return fd;
}

/* makePipe(weRead): [ours, theirs], or -errno */
static napi_value make_pipe(napi_env env, napi_callback_info info) {
  bool we_read = false;
  struct ow_pipe made;
  napi_value result;
  napi_get_value_bool(env, argument(env, info), &we_read);
  int failure = ow_pipe_make(we_read, &made);
  if (failure != 0) return number(env, failure);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, made.ours));
  napi_set_element(env, result, 1, number(env, made.theirs));
  return result;
}

/* takeOver(fd): 0, or -errno */
static napi_value take_over(napi_env env, napi_callback_info info) {
  return number(env, ow_take_over(descriptor(env, info)));
}

/* unread(fd): how many bytes, or -errno */
static napi_value unread(napi_env env, napi_callback_info info) {
  return number(env, ow_unread(descriptor(env, info)));
}

void ow_export_pipe_calls(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"makePipe", make_pipe}, {"takeOver", take_over}, {"unread", unread}};
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
    napi_value function;
    napi_create_function(env, calls[index].name, NAPI_AUTO_LENGTH, calls[index].call, NULL,
                         &function);
    napi_set_named_property(env, exports, calls[index].name, function);
  }
}
