#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../src/rights.h"
#include "check.h"

/* Valgrind has limits of its own instead of the system's. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

enum { TABLE = 1024 };

static char control[OW_CONTROL_SIZE];
static int32_t table[TABLE];
static char bytes[65536];

static void pair(int *ends) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
}

static void close_pair(const int *ends) {
  close(ends[0]);
  close(ends[1]);
}

static int null_device(void) {
  int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(fd >= 0);
  return fd;
}

/* Sends `count` times `fd`, in as many control messages as asked for. */
static void send_many(int to, int fd, int count, int messages) {
  union {
    char space[CMSG_SPACE(sizeof(int)) * 512];
    struct cmsghdr align;
  } given;
  memset(&given, 0, sizeof given);
  struct iovec vector = {.iov_base = "x", .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = given.space,
                           .msg_controllen = sizeof given.space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  size_t used = 0;
  int each = count / messages;
  for (int index = 0; index < messages; index++) {
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)each);
    for (int at = 0; at < each; at++)
      memcpy(CMSG_DATA(header) + (size_t)at * sizeof fd, &fd, sizeof fd);
    used += CMSG_SPACE(sizeof(int) * (size_t)each);
    if (index + 1 < messages) header = CMSG_NXTHDR(&message, header);
    CHECK(header != NULL);
  }
  message.msg_controllen = used;
  CHECK_EQUAL(sendmsg(to, &message, MSG_NOSIGNAL), 1);
}

static long receive(int from, struct ow_received_rights *rights) {
  return ow_receive_with_rights(from, bytes, sizeof bytes, control, rights);
}

static struct ow_received_rights room_for(int32_t room) {
  return (struct ow_received_rights){.table = table, .room = room};
}

static bool is_same_file(int one, int other) {
  struct stat first;
  struct stat second;
  CHECK(fstat(one, &first) == 0 && fstat(other, &second) == 0);
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static void take_and_close(const struct ow_received_rights *rights, int same_as) {
  for (int32_t index = 0; index < rights->count; index++) {
    CHECK(is_same_file(rights->table[index], same_as));
    CHECK(fcntl(rights->table[index], F_GETFD) & FD_CLOEXEC);
    close(rights->table[index]);
  }
}

static void one_travels_with_its_byte(void) {
  int ends[2];
  int fd = null_device();
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  CHECK_EQUAL(ow_send_with_right(ends[0], "abc", 3, fd), 3);
  CHECK_EQUAL(receive(ends[1], &rights), 3);
  CHECK(memcmp(bytes, "abc", 3) == 0);
  CHECK_EQUAL(rights.count, 1);
  CHECK(table[0] != fd);
  take_and_close(&rights, fd);
  close(fd);
  close_pair(ends);
}

static void each_comes_with_its_own_message(void) {
  int ends[2];
  int fd = null_device();
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  CHECK_EQUAL(ow_send_with_right(ends[0], "a", 1, fd), 1);
  CHECK_EQUAL(ow_send_with_right(ends[0], "b", 1, fd), 1);
  CHECK_EQUAL(send(ends[0], "cd", 2, 0), 2);
  CHECK_EQUAL(receive(ends[1], &rights), 1);
  take_and_close(&rights, fd);
  CHECK_EQUAL(rights.count, 1);
  long got = receive(ends[1], &rights);
  CHECK_EQUAL(rights.count, 1);
  CHECK_EQUAL(bytes[0], 'b');
  take_and_close(&rights, fd);
  while (got < 3) {
    long more = receive(ends[1], &rights);
    CHECK(more > 0);
    CHECK_EQUAL(rights.count, 0);
    got += more;
  }
  close(fd);
  close_pair(ends);
}

static void many_in_one_control_message(void) {
  int ends[2];
  int fd = null_device();
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  send_many(ends[0], fd, OW_RIGHTS_A_MESSAGE, 1);
  CHECK_EQUAL(receive(ends[1], &rights), 1);
  CHECK_EQUAL(rights.count, OW_RIGHTS_A_MESSAGE);
  take_and_close(&rights, fd);
  close(fd);
  close_pair(ends);
}

static void many_in_several_control_messages(void) {
  int ends[2];
  int fd = null_device();
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  send_many(ends[0], fd, 30, 10);
  CHECK_EQUAL(receive(ends[1], &rights), 1);
  CHECK_EQUAL(rights.count, 30);
  take_and_close(&rights, fd);
  close(fd);
  close_pair(ends);
}

static void more_than_there_is_room_for(void) {
  int ends[2];
  int fd = null_device();
  struct ow_received_rights rights = room_for(4);
  pair(ends);
  int before = open_descriptors();
  send_many(ends[0], fd, 20, 1);
  CHECK_EQUAL(receive(ends[1], &rights), -1);
  CHECK_EQUAL(errno, EMSGSIZE);
  CHECK_EQUAL(rights.count, 0);
  CHECK_EQUAL(open_descriptors(), before);
  close(fd);
  close_pair(ends);
}

/* With no numbers left the system hands over what it can, and cuts the rest. */
static void control_that_was_cut(void) {
  int ends[2];
  struct ow_received_rights rights = room_for(TABLE);
  struct rlimit limit;
  if (RUNNING_ON_VALGRIND) return;
  int fd = null_device();
  pair(ends);
  int before = open_descriptors();
  send_many(ends[0], fd, 20, 1);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  struct rlimit low = limit;
  int highest = dup(fd);
  close(highest);
  low.rlim_cur = (rlim_t)highest + 3;
  CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
  long got = receive(ends[1], &rights);
  int failure = errno;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK_EQUAL(got, -1);
  CHECK_EQUAL(failure, EMSGSIZE);
  CHECK_EQUAL(rights.count, 0);
  CHECK_EQUAL(open_descriptors(), before);
  close(fd);
  close_pair(ends);
}

static void other_control_is_ignored(void) {
  int ends[2];
  int fd = null_device();
  int on = 1;
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  CHECK_EQUAL(ow_send_with_right(ends[0], "ab", 2, fd), 2);
  CHECK_EQUAL(receive(ends[1], &rights), 2);
  CHECK_EQUAL(rights.count, 1);
  take_and_close(&rights, fd);
  close(fd);
  close_pair(ends);
}

static void what_is_never_read_is_not_kept(void) {
  int ends[2];
  int fd = null_device();
  pair(ends);
  for (int index = 0; index < 50; index++)
    CHECK_EQUAL(ow_send_with_right(ends[0], "x", 1, fd), 1);
  close(fd);
  close_pair(ends);
}

static void refusals_are_the_systems(void) {
  int ends[2];
  struct ow_received_rights rights = room_for(TABLE);
  pair(ends);
  CHECK_EQUAL(receive(ends[1], &rights), -1);
  CHECK_EQUAL(errno, EAGAIN);
  CHECK_EQUAL(rights.count, 0);
  CHECK_EQUAL(ow_send_with_right(ends[0], "x", 1, 99999), -1);
  CHECK_EQUAL(errno, EBADF);
  close(ends[0]);
  CHECK_EQUAL(receive(ends[1], &rights), 0);
  int fd = null_device();
  CHECK_EQUAL(ow_send_with_right(ends[1], "x", 1, fd), -1);
  CHECK_EQUAL(errno, EPIPE);
  close(fd);
  close(ends[1]);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a descriptor travels with its byte", one_travels_with_its_byte},
      {"each descriptor comes with the message it was sent with", each_comes_with_its_own_message},
      {"as many as the system allows come in one control message", many_in_one_control_message},
      {"several control messages are all taken", many_in_several_control_messages},
      {"more than there is room for are all closed", more_than_there_is_room_for},
      {"a cut control message is an error that keeps nothing", control_that_was_cut},
      {"other control messages are ignored", other_control_is_ignored},
      {"descriptors that nobody reads leave with the socket", what_is_never_read_is_not_kept},
      {"refusals are the system's", refusals_are_the_systems},
  };
  return RUN(cases);
}
