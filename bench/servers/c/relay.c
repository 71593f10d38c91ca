#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services.h"

static int relay_port;

void set_relay_port(int port) { relay_port = port; }

/* The connection to the loopback is made at once, so waiting for it costs nothing. */
static bool relay_opened(struct connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)relay_port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return false;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  connection->peer = adopt(fd);
  connection->peer->peer = connection;
  return true;
}

/* A side that cannot take all stops the other's reading. */
static bool relay_received(struct connection *connection, const uint8_t *data, size_t length) {
  struct connection *peer = connection->peer;
  if (!put(peer, data, length)) return false;
  if (!has_pending(peer)) return true;
  watch(connection, connection->watched & ~(uint32_t)EPOLLIN);
  watch(peer, EPOLLOUT);
  return true;
}

static bool relay_writable(struct connection *connection) {
  struct connection *peer = connection->peer;
  if (!peer->has_ended) watch(peer, peer->watched | EPOLLIN);
  return !peer->has_ended || !connection->has_ended || has_pending(peer);
}

static bool relay_ended(struct connection *connection) {
  end_sending(connection->peer);
  return !connection->peer->has_ended || has_pending(connection) || has_pending(connection->peer);
}

const struct service relay_service = {
    .opened = relay_opened,
    .received = relay_received,
    .writable = relay_writable,
    .ended = relay_ended,
};
