/* Pipes as JavaScript makes them: calls that need no reactor. */
#ifndef OW_ADDON_PIPE_H
#define OW_ADDON_PIPE_H

#include <node_api.h>

/* Adds makePipe, takeOver and unread to what is exported. */
void ow_export_pipe_calls(napi_env env, napi_value exports);

#endif
