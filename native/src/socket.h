/* Sockets: making them, their names and their options. All answer -errno when they fail. */
#ifndef OW_SOCKET_H
#define OW_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* An address as the system takes it. */
struct ow_address {
  struct sockaddr_storage storage;
  socklen_t size;
};

/* A literal IPv4 or IPv6 address, with a zone after `%` or without. */
int ow_internet_address(struct ow_address *address, const char *host, int port);
/* A path, or an abstract name of exactly `length` bytes where the first one is zero. */
int ow_unix_address(struct ow_address *address, const char *path, size_t length);

/* A non-blocking, close-on-exec socket that listens. */
int ow_listen(const struct ow_address *address, int backlog, bool ipv6_only);
/* A non-blocking, close-on-exec socket on its way to `to`; `from` may be NULL. */
int ow_connect(const struct ow_address *to, const struct ow_address *from);

int ow_set_no_delay(int fd, bool enabled);
int ow_set_keep_alive(int fd, bool enabled, int delay_s);
/* How many bytes the system holds that the other end has not taken. */
int ow_unacknowledged(int fd);

enum { OW_TEXT_SIZE = 128 };

/* A name in words. */
struct ow_name {
  int family; /* 4, 6, 1 for UNIX, 0 for none */
  int port;
  char text[OW_TEXT_SIZE];
  size_t length;
};

int ow_name_of(int fd, bool of_peer, struct ow_name *name);

#endif
