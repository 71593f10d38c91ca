#pragma once
#include <stdint.h>

/* Latencies, in buckets no wider than 1/64 of their value. */
struct latencies {
  uint64_t counts[64 * 64];
  uint64_t total;
  uint64_t max_ns;
};

void latency_add(struct latencies *latencies, uint64_t ns);

/* The latency that a share of all stayed under, in microseconds; 0 if none was taken. */
double latency_us(const struct latencies *latencies, double share);
