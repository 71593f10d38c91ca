/* The reactor of a thread, for the parts of what JavaScript calls. */
#ifndef OW_ADDON_H
#define OW_ADDON_H

#include "addon-values.h"
#include "reactor.h"

struct ow_reactor *ow_addon_reactor(napi_env env);
/* The descriptor in the slot that a value names; -1 when it is closed. */
int ow_addon_descriptor(napi_env env, napi_value slot);
/* The slot that now has `fd`, or -errno, which `fd` may be already; it is closed then. */
napi_value ow_addon_added(napi_env env, int fd, unsigned traits);
/* To be called when there is a slot more or less that is to keep the process. */
void ow_addon_hold(napi_env env);

/* How much was carried to each slot; see ow_carry. */
struct ow_carried *ow_addon_carried(napi_env env);

/* Each adds its calls to what is exported. */
void ow_export_slot_calls(napi_env env, napi_value exports);
void ow_export_socket_calls(napi_env env, napi_value exports);
void ow_export_terminal_calls(napi_env env, napi_value exports);
void ow_export_carry_calls(napi_env env, napi_value exports);
/* makePipe, takeOver and unread, which need no reactor. */
void ow_export_pipe_calls(napi_env env, napi_value exports);

#endif
