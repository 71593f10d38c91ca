#pragma once
#include <stdint.h>
#include <sys/types.h>

/* What a process has cost so far; a count that cannot be had is -1. */
struct counts {
  int64_t cpu_ns;
  int64_t cycles;
  int64_t instructions;
};

/*
 * Watches a process, its threads, and what they start from now on. Call it before the first
 * connection, so that a server that forks is counted whole.
 */
void counters_attach(pid_t pid);

struct counts counters_read(void);

/* What passed between two readings. */
struct counts counts_between(struct counts before, struct counts after);

/* Resident memory of a process, in bytes; -1 if it has gone. */
int64_t resident_bytes(pid_t pid);
