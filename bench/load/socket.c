#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "report.h"

static void set(int fd, int level, int name) {
  int on = 1;
  if (setsockopt(fd, level, name, &on, sizeof on) != 0) fail("setsockopt: %s", strerror(errno));
}

int connect_socket(const struct options *options, int index, bool is_blocking) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (is_blocking ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (options->sources > 1) {
    set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1u + (unsigned)(index % options->sources));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
      fail("bind: %s", strerror(errno));
    }
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)options->port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    fail("connect: %s", strerror(errno));
  }
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

void set_non_blocking(int fd) {
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl: %s", strerror(errno));
}

void set_patience(int fd, double seconds) {
  time_t whole = (time_t)seconds;
  struct timeval time = {.tv_sec = whole, .tv_usec = (suseconds_t)((seconds - (double)whole) * 1e6)};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}
