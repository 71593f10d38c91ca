/* Sockets as JavaScript makes them, and their switches. */
#define _GNU_SOURCE
#include "addon.h"
#include "socket.h"

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
  arguments_of(env, info, 4, values);
  struct ow_address address;
  int status = internet_of(env, values[0], values[1], &address);
  if (status < 0) return number(env, status);
  int fd = ow_listen(&address, int_of(env, values[2]), bool_of(env, values[3]));
  return ow_addon_added(env, fd, OW_LISTENS | OW_SOCKET | OW_TCP);
}

/* listenUnix(path, backlog) */
static napi_value listen_unix(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  struct ow_address address;
  int status = unix_of(env, values[0], &address);
  if (status < 0) return number(env, status);
  int fd = ow_listen(&address, int_of(env, values[1]), false);
  return ow_addon_added(env, fd, OW_LISTENS | OW_SOCKET | OW_RIGHTS);
}

static const unsigned CONNECTING = OW_CONNECTS | OW_READS | OW_WRITES | OW_SOCKET;

/* connectTcp(host, port, localHost?, localPort) */
static napi_value connect_tcp(napi_env env, napi_callback_info info) {
  napi_value values[4];
  arguments_of(env, info, 4, values);
  struct ow_address to;
  struct ow_address from;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, values[2], &type);
  int status = internet_of(env, values[0], values[1], &to);
  if (status == 0 && type == napi_string)
    status = internet_of(env, values[2], values[3], &from);
  if (status < 0) return number(env, status);
  int fd = ow_connect(&to, type == napi_string ? &from : NULL);
  return ow_addon_added(env, fd, CONNECTING | OW_TCP);
}

/* connectUnix(path) */
static napi_value connect_unix(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  struct ow_address address;
  int status = unix_of(env, values[0], &address);
  if (status < 0) return number(env, status);
  return ow_addon_added(env, ow_connect(&address, NULL), CONNECTING | OW_RIGHTS);
}

/* setNoDelay(slot, enabled) */
static napi_value set_no_delay(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  int fd = ow_addon_descriptor(env, values[0]);
  return number(env, ow_set_no_delay(fd, bool_of(env, values[1])));
}

/* setKeepAlive(slot, enabled, delaySeconds) */
static napi_value set_keep_alive(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments_of(env, info, 3, values);
  int fd = ow_addon_descriptor(env, values[0]);
  bool enabled = bool_of(env, values[1]);
  return number(env, ow_set_keep_alive(fd, enabled, int_of(env, values[2])));
}

/* unacknowledged(slot) */
static napi_value unacknowledged(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  return number(env, ow_unacknowledged(ow_addon_descriptor(env, values[0])));
}

void ow_export_socket_calls(napi_env env, napi_value exports) {
  static const struct named_call calls[] = {
      {"listenTcp", listen_tcp},
      {"listenUnix", listen_unix},
      {"connectTcp", connect_tcp},
      {"connectUnix", connect_unix},
      {"setNoDelay", set_no_delay},
      {"setKeepAlive", set_keep_alive},
      {"unacknowledged", unacknowledged}};
  EXPORT_CALLS(env, exports, calls);
}
