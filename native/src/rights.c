#define _GNU_SOURCE
#include "rights.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_rights(const struct cmsghdr *header) {
  return header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS;
}

static int right_at(const struct cmsghdr *header, size_t index) {
  int right;
  memcpy(&right, CMSG_DATA(header) + index * sizeof right, sizeof right);
  return right;
}

long ow_receive_with_rights(int fd, char *into, size_t size, char *control,
                            struct ow_received_rights *rights) {
  struct iovec vector = {.iov_base = into, .iov_len = size};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = OW_CONTROL_SIZE};
  rights->count = 0;
  long got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return got;
  bool fits = !(message.msg_flags & MSG_CTRUNC);
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (!is_rights(header)) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index++) {
      int right = right_at(header, index);
      if (rights->count < rights->room) {
        rights->table[rights->count++] = right;
      } else {
        close(right);
        fits = false;
      }
    }
  }
  if (fits) return got;
  for (int32_t index = 0; index < rights->count; index++) close(rights->table[index]);
  rights->count = 0;
  errno = EMSGSIZE;
  return -1;
}

long ow_send_with_right(int fd, const char *bytes, size_t size, int right) {
  char control[CMSG_SPACE(sizeof right)];
  memset(control, 0, sizeof control);
  struct iovec vector = {.iov_base = (char *)bytes, .iov_len = size};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof right);
  memcpy(CMSG_DATA(header), &right, sizeof right);
  return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}
