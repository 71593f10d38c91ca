#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/un.h>
#include <unistd.h>

#include "../src/socket.h"
#include "check.h"

static void internet_addresses(void) {
  struct ow_address address;
  CHECK_EQUAL(ow_internet_address(&address, "127.0.0.1", 80), 0);
  CHECK_EQUAL(address.storage.ss_family, AF_INET);
  CHECK_EQUAL(ow_internet_address(&address, "::1", 80), 0);
  CHECK_EQUAL(address.storage.ss_family, AF_INET6);
  CHECK_EQUAL(((struct sockaddr_in6 *)&address.storage)->sin6_port, htons(80));
  CHECK_EQUAL(ow_internet_address(&address, "fe80::1%lo", 80), 0);
  CHECK(((struct sockaddr_in6 *)&address.storage)->sin6_scope_id > 0);
  CHECK_EQUAL(ow_internet_address(&address, "fe80::1%3", 80), 0);
  CHECK_EQUAL(((struct sockaddr_in6 *)&address.storage)->sin6_scope_id, 3);
  CHECK_EQUAL(ow_internet_address(&address, "fe80::1%no-such-zone", 80), -ENODEV);
  CHECK_EQUAL(ow_internet_address(&address, "", 80), -EINVAL);
  CHECK_EQUAL(ow_internet_address(&address, "127.0.0.1.5", 80), -EINVAL);
  CHECK_EQUAL(ow_internet_address(&address, "localhost", 80), -EINVAL);
  char endless[4096];
  memset(endless, 'a', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  CHECK_EQUAL(ow_internet_address(&address, endless, 80), -EINVAL);
}

static void unix_addresses(void) {
  struct ow_address address;
  char name[200];
  memset(name, 'n', sizeof name);
  size_t room = sizeof((struct sockaddr_un *)0)->sun_path;
  CHECK_EQUAL(ow_unix_address(&address, name, 0), -ENAMETOOLONG);
  CHECK_EQUAL(ow_unix_address(&address, name, room - 1), 0);
  CHECK_EQUAL(address.size, offsetof(struct sockaddr_un, sun_path) + room);
  CHECK_EQUAL(ow_unix_address(&address, name, room), -ENAMETOOLONG);
  name[0] = '\0';
  CHECK_EQUAL(ow_unix_address(&address, name, 5), 0);
  CHECK_EQUAL(address.size, offsetof(struct sockaddr_un, sun_path) + 5);
  CHECK_EQUAL(ow_unix_address(&address, name, room), 0);
  CHECK_EQUAL(ow_unix_address(&address, name, room + 1), -ENAMETOOLONG);
}

static void await_connected(int fd) {
  struct pollfd wait = {.fd = fd, .events = POLLOUT};
  int error = 0;
  socklen_t size = sizeof error;
  CHECK_EQUAL(poll(&wait, 1, 5000), 1);
  CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  CHECK_EQUAL(error, 0);
}

static void check_flags(int fd) {
  CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void tcp_names(void) {
  struct ow_address at;
  struct ow_address from;
  struct ow_name name;
  CHECK_EQUAL(ow_internet_address(&at, "127.0.0.1", 0), 0);
  int listener = ow_listen(&at, 8, false);
  CHECK(listener >= 0);
  check_flags(listener);
  CHECK_EQUAL(ow_name_of(listener, false, &name), 0);
  CHECK_EQUAL(name.family, 4);
  CHECK(name.port > 0);
  CHECK(name.length == 9 && memcmp(name.text, "127.0.0.1", 9) == 0);
  CHECK_EQUAL(ow_internet_address(&at, "127.0.0.1", name.port), 0);
  CHECK_EQUAL(ow_listen(&at, 8, false), -EADDRINUSE);
  CHECK_EQUAL(ow_internet_address(&from, "127.0.0.3", 0), 0);
  int client = ow_connect(&at, &from);
  CHECK(client >= 0);
  check_flags(client);
  await_connected(client);
  CHECK_EQUAL(ow_name_of(client, false, &name), 0);
  CHECK(name.length == 9 && memcmp(name.text, "127.0.0.3", 9) == 0);
  int server = accept(listener, NULL, NULL);
  CHECK_EQUAL(ow_name_of(server, true, &name), 0);
  CHECK(memcmp(name.text, "127.0.0.3", 9) == 0);
  CHECK_EQUAL(ow_set_no_delay(client, true), 0);
  CHECK_EQUAL(ow_set_keep_alive(client, true, 60), 0);
  CHECK_EQUAL(ow_set_keep_alive(client, false, 0), 0);
  int value = 0;
  socklen_t size = sizeof value;
  CHECK(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value != 0);
  CHECK(getsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &value, &size) == 0);
  CHECK_EQUAL(value, 60);
  CHECK_EQUAL(ow_unacknowledged(client), 0);
  close(server);
  close(client);
  close(listener);
}

static void tcp6_names(void) {
  struct ow_address at;
  struct ow_name name;
  CHECK_EQUAL(ow_internet_address(&at, "::1", 0), 0);
  int listener = ow_listen(&at, 8, true);
  if (listener == -EADDRNOTAVAIL || listener == -EAFNOSUPPORT) return;
  CHECK(listener >= 0);
  CHECK_EQUAL(ow_name_of(listener, false, &name), 0);
  CHECK_EQUAL(name.family, 6);
  CHECK(name.length == 3 && memcmp(name.text, "::1", 3) == 0);
  close(listener);
}

static void abstract_names_are_exact(void) {
  struct ow_address at;
  struct ow_address longer;
  struct ow_name name;
  char text[64];
  int length = snprintf(text, sizeof text, "xoverwall-%d", (int)getpid());
  text[0] = '\0';
  CHECK_EQUAL(ow_unix_address(&at, text, (size_t)length), 0);
  int listener = ow_listen(&at, 8, false);
  CHECK(listener >= 0);
  CHECK_EQUAL(ow_name_of(listener, false, &name), 0);
  CHECK_EQUAL(name.family, 1);
  CHECK_EQUAL(name.length, length);
  CHECK(memcmp(name.text, text, (size_t)length) == 0);
  /* A name that is longer by a zero byte is another name. */
  text[length] = '\0';
  CHECK_EQUAL(ow_unix_address(&longer, text, (size_t)length + 1), 0);
  CHECK_EQUAL(ow_connect(&longer, NULL), -ECONNREFUSED);
  int client = ow_connect(&at, NULL);
  CHECK(client >= 0);
  CHECK_EQUAL(ow_name_of(client, false, &name), 0);
  CHECK_EQUAL(name.length, 0);
  close(client);
  close(listener);
}

static void paths_are_whole(void) {
  struct ow_address at;
  struct ow_name name;
  char path[107];
  memset(path, 'p', sizeof path);
  char folder[sizeof path];
  const char *parent = getenv("TMPDIR");
  if (parent == NULL) parent = "/tmp";
  int length = snprintf(folder, sizeof folder, "%s/overwall-XXXXXX", parent);
  /* A path in it is to be longer than the folder is. */
  CHECK(length > 0 && length < (int)sizeof folder - 1);
  CHECK(mkdtemp(folder) != NULL);
  memcpy(path, folder, (size_t)length);
  path[length] = '/';
  CHECK_EQUAL(ow_unix_address(&at, path, sizeof path), 0);
  int listener = ow_listen(&at, 1, false);
  CHECK(listener >= 0);
  CHECK_EQUAL(ow_name_of(listener, false, &name), 0);
  CHECK_EQUAL(name.length, sizeof path);
  CHECK(memcmp(name.text, path, sizeof path) == 0);
  CHECK_EQUAL(unlink(((struct sockaddr_un *)&at.storage)->sun_path), 0);
  close(listener);
  CHECK_EQUAL(rmdir(folder), 0);
}

static void failures_are_errnos(void) {
  struct ow_address at;
  struct ow_name name;
  CHECK_EQUAL(ow_name_of(-1, false, &name), -EBADF);
  CHECK_EQUAL(ow_set_no_delay(-1, true), -EBADF);
  CHECK_EQUAL(ow_set_keep_alive(-1, true, 1), -EBADF);
  CHECK_EQUAL(ow_unacknowledged(-1), -EBADF);
  CHECK_EQUAL(ow_unix_address(&at, "/no/such/folder", 15), 0);
  CHECK_EQUAL(ow_listen(&at, 1, false), -ENOENT);
  CHECK_EQUAL(ow_connect(&at, NULL), -ENOENT);
  /* A documentation address: not one of this machine. */
  CHECK_EQUAL(ow_internet_address(&at, "192.0.2.1", 0), 0);
  CHECK_EQUAL(ow_listen(&at, 1, false), -EADDRNOTAVAIL);
}

int main(void) {
  static const struct check_case cases[] = {
      {"internet addresses are read, or refused", internet_addresses},
      {"names of UNIX sockets have the length given", unix_addresses},
      {"TCP sockets know both their names, and take options", tcp_names},
      {"TCP over IPv6 has its name", tcp6_names},
      {"abstract names are exact", abstract_names_are_exact},
      {"the longest path is not cut", paths_are_whole},
      {"failures are told as numbers, and leave nothing", failures_are_errnos},
  };
  return RUN(cases);
}
