#pragma once
#include "options.h"
#include "report.h"

/* Requests and answers on connections that stay; also the small writes, whose answer is longer. */
struct report run_echo(const struct options *options);

/* Bytes in: the server says at the end how many it got. */
struct report run_sink(const struct options *options);

/* Bytes out: the server sends `warmup_bytes + bytes` and ends. */
struct report run_source(const struct options *options);

/* Connect, one request, close; `connections` at once. */
struct report run_churn(const struct options *options);

/* Memory of connections that do nothing, after one request each. */
struct report run_idle(const struct options *options);

/* Many connections at once, a request each second on each. */
struct report run_many(const struct options *options);
