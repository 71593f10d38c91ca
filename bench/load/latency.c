#include "latency.h"

static int bucket_of(uint64_t ns) {
  if (ns < 64) return (int)ns;
  int power = 63 - __builtin_clzll(ns);
  return (power - 5) * 64 + (int)((ns >> (power - 6)) & 63);
}

static double floor_ns(int bucket) {
  if (bucket < 64) return bucket;
  int power = bucket / 64 + 5;
  return (double)((1ull << power) + ((uint64_t)(bucket % 64) << (power - 6)));
}

void latency_add(struct latencies *latencies, uint64_t ns) {
  latencies->counts[bucket_of(ns)] += 1;
  latencies->total += 1;
  if (ns > latencies->max_ns) latencies->max_ns = ns;
}

double latency_us(const struct latencies *latencies, double share) {
  if (latencies->total == 0) return 0;
  uint64_t rank = (uint64_t)(share * (double)(latencies->total - 1));
  uint64_t below = 0;
  for (int bucket = 0; bucket < 64 * 64; bucket += 1) {
    below += latencies->counts[bucket];
    if (below > rank) return floor_ns(bucket) / 1000;
  }
  return (double)latencies->max_ns / 1000;
}
