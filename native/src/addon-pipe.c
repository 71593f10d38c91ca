/* Pipes as JavaScript makes them: calls that need no reactor. */
#include "addon.h"
#include "pipe.h"

static napi_value argument(napi_env env, napi_callback_info info) {
  napi_value value;
  arguments_of(env, info, 1, &value);
  return value;
}

/* makePipe(weRead): [ours, theirs], or -errno */
static napi_value make_pipe(napi_env env, napi_callback_info info) {
  struct ow_pipe made;
  int failure = ow_pipe_make(bool_of(env, argument(env, info)), &made);
  if (failure != 0) return number(env, failure);
  return numbers(env, (double[]){made.ours, made.theirs}, 2);
}

/* takeOver(fd): 0, or -errno */
static napi_value take_over(napi_env env, napi_callback_info info) {
  return number(env, ow_take_over(int_of(env, argument(env, info))));
}

/* unread(fd): how many bytes, or -errno */
static napi_value unread(napi_env env, napi_callback_info info) {
  return number(env, ow_unread(int_of(env, argument(env, info))));
}

void ow_export_pipe_calls(napi_env env, napi_value exports) {
  static const struct named_call calls[] = {
      {"makePipe", make_pipe}, {"takeOver", take_over}, {"unread", unread}};
  EXPORT_CALLS(env, exports, calls);
}
