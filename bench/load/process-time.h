#pragma once
#include <stdint.h>
#include <sys/types.h>

/* CPU time of a process, its threads and its children, from /proc, where counters are not allowed. */
int64_t process_time_ns(pid_t pid);
