#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READ_BYTES = 64 << 10, WRITE_BYTES = 64 << 10, OWNED_BYTES = 4 << 20 };

/* One connection; `pending` holds what the kernel did not take, and reading waits meanwhile. */
struct connection {
  int fd;
  uint32_t watched;
  uint8_t *pending;
  size_t pending_from, pending_until, pending_room;
  uint64_t count;            /* for the service: bytes seen, or bytes sent */
  bool has_ended;            /* its input is at its end */
  bool ends_after_pending;
  struct connection *peer;   /* the other side of a relay */
};

/* What a server does with its connections. */
struct service {
  bool (*opened)(struct connection *);                              /* false: close it */
  bool (*received)(struct connection *, const uint8_t *, size_t);   /* false: close it */
  bool (*ended)(struct connection *);                               /* false: close it */
  bool (*writable)(struct connection *);                            /* nothing is pending any more */
  bool owns_reads; /* each has a place of its own, until OWNED_BYTES have been read */
};

/* The fixed bytes that are sent: 1 MiB of the tape that the load generator checks. */
extern uint8_t tape[1 << 20];

/* Listens on 127.0.0.1 and serves until the process is ended. */
void serve(int port, const struct service *service);

void watch(struct connection *connection, uint32_t events);

/* Makes a connection of a descriptor; it reads from the start. */
struct connection *adopt(int fd);

/* False if the connection is broken; what the kernel does not take is kept. */
bool put(struct connection *connection, const uint8_t *data, size_t length);

bool has_pending(const struct connection *connection);

/* Ends the sending side once nothing is pending. */
void end_sending(struct connection *connection);
