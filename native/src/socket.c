#define _GNU_SOURCE
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

int ow_internet_address(struct ow_address *address, const char *host, int port) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    address->size = sizeof *v4;
    return 0;
  }
  char literal[OW_TEXT_SIZE];
  size_t length = strcspn(host, "%");
  if (length >= sizeof literal) return -EINVAL;
  memcpy(literal, host, length);
  literal[length] = '\0';
  if (inet_pton(AF_INET6, literal, &v6->sin6_addr) != 1) return -EINVAL;
  if (host[length] == '%') {
    const char *zone = host + length + 1;
    v6->sin6_scope_id = if_nametoindex(zone);
    if (v6->sin6_scope_id == 0) v6->sin6_scope_id = (uint32_t)strtoul(zone, NULL, 10);
    if (v6->sin6_scope_id == 0) return -ENODEV;
  }
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)port);
  address->size = sizeof *v6;
  return 0;
}

int ow_unix_address(struct ow_address *address, const char *path, size_t length) {
  memset(address, 0, sizeof *address);
  struct sockaddr_un *local = (struct sockaddr_un *)&address->storage;
  bool is_abstract = length > 0 && path[0] == '\0';
  size_t room = is_abstract ? sizeof local->sun_path : sizeof local->sun_path - 1;
  if (length == 0 || length > room) return -ENAMETOOLONG;
  local->sun_family = AF_UNIX;
  memcpy(local->sun_path, path, length);
  /* An abstract name has the length that it is given; a path ends with a zero byte. */
  address->size =
      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (is_abstract ? 0 : 1));
  return 0;
}

static int failed(int fd) {
  int failure = errno;
  close(fd);
  return -failure;
}

static int make_socket(const struct ow_address *address) {
  int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

static const struct sockaddr *raw(const struct ow_address *address) {
  return (const struct sockaddr *)&address->storage;
}

int ow_listen(const struct ow_address *address, int backlog, bool ipv6_only) {
  int fd = make_socket(address);
  if (fd < 0) return fd;
  int on = 1;
  int only = ipv6_only;
  if (address->storage.ss_family != AF_UNIX &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return failed(fd);
  if (address->storage.ss_family == AF_INET6 &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0)
    return failed(fd);
  if (bind(fd, raw(address), address->size) != 0) return failed(fd);
  if (listen(fd, backlog) != 0) return failed(fd);
  return fd;
}

int ow_connect(const struct ow_address *to, const struct ow_address *from) {
  int fd = make_socket(to);
  if (fd < 0) return fd;
  int on = 1;
  if (from != NULL) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, raw(from), from->size) != 0) return failed(fd);
  }
  if (connect(fd, raw(to), to->size) != 0 && errno != EINPROGRESS) return failed(fd);
  return fd;
}

int ow_set_no_delay(int fd, bool enabled) {
  int value = enabled;
  return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) == 0 ? 0 : -errno;
}

int ow_set_keep_alive(int fd, bool enabled, int delay_s) {
  int value = enabled;
  if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value) != 0) return -errno;
  if (!enabled) return 0;
  return setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &delay_s, sizeof delay_s) == 0 ? 0 : -errno;
}

int ow_unacknowledged(int fd) {
  int count = 0;
  /* SIOCOUTQ by the name that needs no header of the kernel. */
  return ioctl(fd, TIOCOUTQ, &count) == 0 ? count : -errno;
}

static void put_text(struct ow_name *name, const void *text, size_t length) {
  name->length = length < sizeof name->text ? length : sizeof name->text;
  memcpy(name->text, text, name->length);
}

static void put_v6(struct ow_name *name, const struct sockaddr_in6 *internet) {
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  inet_ntop(AF_INET6, &internet->sin6_addr, text, INET6_ADDRSTRLEN);
  if (internet->sin6_scope_id != 0) {
    char zone[IF_NAMESIZE];
    size_t length = strlen(text);
    if (if_indextoname(internet->sin6_scope_id, zone) == NULL)
      snprintf(zone, sizeof zone, "%u", (unsigned)internet->sin6_scope_id);
    snprintf(text + length, sizeof text - length, "%%%s", zone);
  }
  name->family = 6;
  name->port = ntohs(internet->sin6_port);
  put_text(name, text, strlen(text));
}

int ow_name_of(int fd, bool of_peer, struct ow_name *name) {
  struct sockaddr_storage storage;
  socklen_t size = sizeof storage;
  memset(&storage, 0, sizeof storage);
  memset(name, 0, sizeof *name);
  struct sockaddr *address = (struct sockaddr *)&storage;
  int status = of_peer ? getpeername(fd, address, &size) : getsockname(fd, address, &size);
  if (status != 0) return -errno;
  if (storage.ss_family == AF_INET) {
    const struct sockaddr_in *internet = (const struct sockaddr_in *)&storage;
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &internet->sin_addr, text, sizeof text);
    name->family = 4;
    name->port = ntohs(internet->sin_port);
    put_text(name, text, strlen(text));
  } else if (storage.ss_family == AF_INET6) {
    put_v6(name, (const struct sockaddr_in6 *)&storage);
  } else if (storage.ss_family == AF_UNIX) {
    const struct sockaddr_un *local = (const struct sockaddr_un *)&storage;
    size_t length = size - offsetof(struct sockaddr_un, sun_path);
    bool is_path = length > 0 && local->sun_path[0] != '\0';
    name->family = 1;
    put_text(name, local->sun_path, is_path ? strnlen(local->sun_path, length) : length);
  }
  return 0;
}
