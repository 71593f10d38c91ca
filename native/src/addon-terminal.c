/* Programs on terminals, as JavaScript starts and ends them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "addon.h"
#include "terminal.h"

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

/*
 * startOnTerminal(candidates, arguments, environment, folder | undefined, columns, rows, isRaw):
 * [master, watch, pid], or [-errno, stage]
 */
static napi_value start_on_terminal(napi_env env, napi_callback_info info) {
  napi_value values[7];
  napi_valuetype type = napi_undefined;
  struct ow_running running = {0};
  int failure = -ENOMEM;
  arguments_of(env, info, 7, values);
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

/* endProgram(pid): 0, or -errno */
static napi_value end_program(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  return number(env, ow_terminal_end((pid_t)int_of(env, values[0])));
}

/* resizeTerminal(slot, columns, rows) */
static napi_value resize_terminal(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments_of(env, info, 3, values);
  int fd = ow_addon_descriptor(env, values[0]);
  unsigned short columns = (unsigned short)int_of(env, values[1]);
  return number(env, ow_terminal_resize(fd, columns, (unsigned short)int_of(env, values[2])));
}

/* reap(slot): [exitCode, signal]; -errno */
static napi_value reap(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  int exit_code = 0;
  int signal = 0;
  int watch = ow_addon_descriptor(env, values[0]);
  int status = ow_terminal_reap(watch, &exit_code, &signal);
  if (status != 0) return number(env, status);
  return numbers(env, (double[]){exit_code, signal}, 2);
}

void ow_export_terminal_calls(napi_env env, napi_value exports) {
  static const struct named_call calls[] = {
      {"startOnTerminal", start_on_terminal},
      {"endProgram", end_program},
      {"resizeTerminal", resize_terminal},
      {"reap", reap}};
  EXPORT_CALLS(env, exports, calls);
}
