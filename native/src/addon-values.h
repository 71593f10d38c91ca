/* Numbers between C and JavaScript; what is no number counts as 0. */
#ifndef OW_ADDON_VALUES_H
#define OW_ADDON_VALUES_H

#define NAPI_VERSION 9
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

static inline napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static inline napi_value numbers(napi_env env, const double *values, uint32_t count) {
  napi_value result;
  napi_create_array_with_length(env, count, &result);
  for (uint32_t index = 0; index < count; index++)
    napi_set_element(env, result, index, number(env, values[index]));
  return result;
}

static inline int32_t int_of(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

static inline bool bool_of(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

static inline void arguments_of(napi_env env, napi_callback_info info, size_t count,
                                napi_value *values) {
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
}

struct named_call {
  const char *name;
  napi_callback call;
};

static inline void export_calls(napi_env env, napi_value exports, const struct named_call *calls,
                                size_t count) {
  for (size_t index = 0; index < count; index++) {
    napi_value function;
    napi_create_function(env, calls[index].name, NAPI_AUTO_LENGTH, calls[index].call, NULL,
                         &function);
    napi_set_named_property(env, exports, calls[index].name, function);
  }
}

#define EXPORT_CALLS(env, exports, calls) \
  export_calls(env, exports, calls, sizeof(calls) / sizeof *(calls))

#endif
