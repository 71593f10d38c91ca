/* What the reactor carries from slot to slot, as JavaScript asks for it. */
#include "addon.h"

/* carry(from, to, holdsMax): 0, or -errno */
static napi_value carry(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments_of(env, info, 3, values);
  return number(env, ow_carry(ow_addon_reactor(env), int_of(env, values[0]), int_of(env, values[1]),
                              (size_t)int_of(env, values[2]), ow_addon_carried(env)));
}

/* stopCarrying(to) */
static napi_value stop_carrying(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  ow_stop_carrying(ow_addon_reactor(env), int_of(env, values[0]));
  return NULL;
}

void ow_export_carry_calls(napi_env env, napi_value exports) {
  static const struct named_call calls[] = {{"carry", carry}, {"stopCarrying", stop_carrying}};
  EXPORT_CALLS(env, exports, calls);
}
