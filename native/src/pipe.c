#define _GNU_SOURCE
#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int add_flag(int fd, int get, int set, int flag) {
  int flags = fcntl(fd, get);
  if (flags < 0 || fcntl(fd, set, flags | flag) < 0) return -errno;
  return 0;
}

int ow_pipe_make(bool we_read, struct ow_pipe *made) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  made->ours = ends[we_read ? 0 : 1];
  made->theirs = ends[we_read ? 1 : 0];
  /* The ends of a pipe are two open files: theirs stays one that waits. */
  int failure = add_flag(made->ours, F_GETFL, F_SETFL, O_NONBLOCK);
  if (failure == 0) return 0;
  close(ends[0]);
  close(ends[1]);
  return failure;
}

/* Opened by its path, the master of a terminal is that of another, a new one. */
static bool is_master(int fd) {
  unsigned index;
  return ioctl(fd, TIOCGPTN, &index) == 0;
}

/* A terminal, or a pipe without a name: opened by its path it is the same one, as it stands. */
static bool can_reopen(int fd, const struct stat *what, const char *path) {
  static const char nameless[] = "pipe:[";
  char name[sizeof nameless];
  if (S_ISCHR(what->st_mode)) return isatty(fd) && !is_master(fd);
  if (!S_ISFIFO(what->st_mode)) return false;
  ssize_t length = readlink(path, name, sizeof name);
  return length >= (ssize_t)strlen(nameless) && memcmp(name, nameless, strlen(nameless)) == 0;
}

/* Puts an open file of our own under the same number; false leaves it as it was. */
static bool reopen(int fd, const struct stat *what) {
  char path[64];
  int flags = fcntl(fd, F_GETFL);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (flags < 0 || !can_reopen(fd, what, path)) return false;
  int own = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return false;
  int moved;
  do {
    moved = dup3(own, fd, O_CLOEXEC);
  } while (moved < 0 && (errno == EINTR || errno == EBUSY));
  close(own);
  return moved == fd;
}

int ow_take_over(int fd) {
  struct stat what;
  if (fstat(fd, &what) != 0) return -errno;
  if (reopen(fd, &what)) return 0;
  int failure = S_ISSOCK(what.st_mode) ? 0 : add_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK);
  return failure == 0 ? add_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC) : failure;
}

int ow_unread(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 ? count : -errno;
}
