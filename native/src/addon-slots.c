/* Slots as JavaScript has them: descriptors that are given, asked about, and taken back. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "addon.h"
#include "socket.h"

/* adopt(fd, traits) */
static napi_value adopt(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  unsigned traits = (unsigned)int_of(env, values[1]);
  int slot = ow_add(ow_addon_reactor(env), int_of(env, values[0]), traits);
  ow_addon_hold(env);
  return number(env, slot);
}

/* detach(slot) */
static napi_value detach(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  int fd = ow_detach(ow_addon_reactor(env), int_of(env, values[0]));
  ow_addon_hold(env);
  return number(env, fd);
}

/* name(slot, ofPeer): [family, port, bytes], or -errno */
static napi_value name(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  struct ow_name found;
  int fd = ow_addon_descriptor(env, values[0]);
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

/* readNow(slot, into, rights): how many bytes, 0 at the end, or -errno; rights[0] descriptors follow */
static napi_value read_now(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments_of(env, info, 3, values);
  void *into = NULL;
  void *table = NULL;
  size_t size = 0;
  size_t room = 0;
  napi_get_typedarray_info(env, values[1], NULL, &size, &into, NULL, NULL);
  napi_get_typedarray_info(env, values[2], NULL, &room, &table, NULL, NULL);
  struct ow_received_rights rights = {.table = (int32_t *)table + 1, .room = (int32_t)room - 1};
  long got = ow_read_now(ow_addon_reactor(env), int_of(env, values[0]), into, size, &rights);
  *(int32_t *)table = rights.count;
  return number(env, (double)got);
}

/* duplicate(fd): another number for the same open file, or -errno */
static napi_value duplicate(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  int fd = fcntl(int_of(env, values[0]), F_DUPFD_CLOEXEC, 0);
  return number(env, fd < 0 ? -errno : fd);
}

/* closeDescriptor(fd) */
static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  return number(env, close(int_of(env, values[0])) == 0 ? 0 : -errno);
}

/* keepProcess(slot, keeps) */
static napi_value keep_process(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  ow_keep_process(ow_addon_reactor(env), int_of(env, values[0]), bool_of(env, values[1]));
  ow_addon_hold(env);
  return NULL;
}

void ow_export_slot_calls(napi_env env, napi_value exports) {
  static const struct named_call calls[] = {{"adopt", adopt},
                                            {"detach", detach},
                                            {"name", name},
                                            {"readNow", read_now},
                                            {"keepProcess", keep_process},
                                            {"duplicate", duplicate},
                                            {"closeDescriptor", close_descriptor}};
  EXPORT_CALLS(env, exports, calls);
}
