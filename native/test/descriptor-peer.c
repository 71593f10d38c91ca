/*
 * Sends every descriptor it is sent back, EACH of them in one message, and tells how many it kept.
 *
 * usage: descriptor-peer PATH EACH
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

enum { MANY = 253 };

static int held[2 * MANY];
static int held_count;
static char bytes[MANY];

static union {
  char space[CMSG_SPACE(sizeof(int) * MANY)];
  struct cmsghdr align;
} control;

/* How many bytes came. */
static long take(int peer) {
  char data[65536];
  struct iovec vector = {.iov_base = data, .iov_len = sizeof data};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = sizeof control.space};
  long got = recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
  CHECK(got >= 0 && !(message.msg_flags & MSG_CTRUNC));
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  for (; header != NULL; header = CMSG_NXTHDR(&message, header)) {
    int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(held + held_count, CMSG_DATA(header), (size_t)count * sizeof(int));
    held_count += count;
  }
  return got;
}

static void give_back(int peer, int each) {
  size_t size = sizeof(int) * (size_t)each;
  struct iovec vector = {.iov_base = bytes, .iov_len = (size_t)each};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = CMSG_SPACE(size)};
  memset(&control, 0, sizeof control);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(header), held, size);
  CHECK(sendmsg(peer, &message, MSG_NOSIGNAL) == each);
  for (int index = 0; index < each; index++) close(held[index]);
  held_count -= each;
  memmove(held, held + each, (size_t)held_count * sizeof *held);
}

int main(int count, char **arguments) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  CHECK(count == 3);
  int each = atoi(arguments[2]);
  CHECK(each > 0 && each <= MANY);
  strncpy(at.sun_path, arguments[1], sizeof at.sun_path - 1);
  int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(peer >= 0 && connect(peer, (struct sockaddr *)&at, sizeof at) == 0);
  int before = open_descriptors();
  while (take(peer) > 0) {
    while (held_count >= each) give_back(peer, each);
  }
  printf("%d\n", open_descriptors() - before);
  return 0;
}
