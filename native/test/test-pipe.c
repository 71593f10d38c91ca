#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/pipe.h"
#include "check.h"

static bool waits(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static bool is_inherited(int fd) {
  return (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

static void check_ends(const struct ow_pipe *pipe) {
  CHECK(!waits(pipe->ours) && waits(pipe->theirs));
  CHECK(!is_inherited(pipe->ours) && !is_inherited(pipe->theirs));
}

static void drop(const struct ow_pipe *pipe) {
  close(pipe->ours);
  close(pipe->theirs);
}

static void both_directions(void) {
  struct ow_pipe pipe;
  char got[8];
  CHECK_EQUAL(ow_pipe_make(true, &pipe), 0);
  check_ends(&pipe);
  CHECK_EQUAL(write(pipe.theirs, "hello", 5), 5);
  CHECK_EQUAL(read(pipe.ours, got, sizeof got), 5);
  CHECK(read(pipe.ours, got, sizeof got) < 0 && errno == EAGAIN);
  drop(&pipe);
  CHECK_EQUAL(ow_pipe_make(false, &pipe), 0);
  check_ends(&pipe);
  CHECK_EQUAL(write(pipe.ours, "hello", 5), 5);
  CHECK_EQUAL(read(pipe.theirs, got, sizeof got), 5);
  drop(&pipe);
}

/* What socket pairs do not do: whoever waits to write is told by a signal that nobody reads. */
static void a_blocked_writer_is_ended_by_its_reader(void) {
  struct ow_pipe pipe;
  int status = 0;
  char got[1];
  CHECK_EQUAL(ow_pipe_make(true, &pipe), 0);
  pid_t writer = fork();
  CHECK(writer >= 0);
  if (writer == 0) {
    char much[4096] = {0};
    signal(SIGPIPE, SIG_DFL);
    close(pipe.ours);
    for (;;)
      if (write(pipe.theirs, much, sizeof much) < 0) _exit(1);
  }
  close(pipe.theirs);
  fcntl(pipe.ours, F_SETFL, 0);
  CHECK_EQUAL(read(pipe.ours, got, 1), 1);
  close(pipe.ours);
  CHECK_EQUAL(waitpid(writer, &status, 0), writer);
  CHECK(WIFSIGNALED(status));
  CHECK_EQUAL(WTERMSIG(status), SIGPIPE);
}

static void no_descriptor_is_left(void) {
  struct ow_pipe pipe;
  struct rlimit before;
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  int next = dup(0);
  CHECK(next >= 0);
  close(next);
  /* Room for one more, and a pipe takes two. */
  struct rlimit none = {.rlim_cur = (rlim_t)next + 1, .rlim_max = before.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK_EQUAL(ow_pipe_make(true, &pipe), -EMFILE);
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

/* The number has an open file of its own then: whoever shares the other one waits as before. */
static void check_taken(int fd) {
  int theirs = dup(fd);
  CHECK(theirs >= 0 && waits(theirs));
  CHECK_EQUAL(ow_take_over(fd), 0);
  CHECK(!waits(fd) && !is_inherited(fd));
  CHECK(waits(theirs));
  close(theirs);
}

static void taking_over_a_pipe(void) {
  int ends[2];
  char got[8];
  CHECK(pipe(ends) == 0);
  CHECK_EQUAL(write(ends[1], "one ", 4), 4);
  check_taken(ends[0]);
  check_taken(ends[1]);
  CHECK_EQUAL(write(ends[1], "two", 3), 3);
  CHECK_EQUAL(read(ends[0], got, sizeof got), 7);
  close(ends[1]);
  CHECK_EQUAL(read(ends[0], got, sizeof got), 0);
  close(ends[0]);
  CHECK_EQUAL(ow_take_over(ends[0]), -EBADF);
}

static void taking_over_a_terminal(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
  check_taken(slave);
  CHECK(isatty(slave));
  close(slave);
  close(master);
}

/* Opened anew it would be another terminal, and this one hung up. */
static void taking_over_the_master_of_a_terminal(void) {
  char got[8];
  struct stat before;
  struct stat after;
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  char name[64];
  CHECK_EQUAL(ptsname_r(master, name, sizeof name), 0);
  int slave = open(name, O_RDWR | O_NOCTTY);
  CHECK(slave >= 0 && fstat(slave, &before) == 0);
  CHECK_EQUAL(ow_take_over(master), 0);
  CHECK(!waits(master) && !is_inherited(master));
  CHECK_EQUAL(ptsname_r(master, name, sizeof name), 0);
  CHECK(stat(name, &after) == 0);
  CHECK_EQUAL(after.st_rdev, before.st_rdev);
  CHECK_EQUAL(write(slave, "hello", 5), 5);
  CHECK_EQUAL(read(master, got, sizeof got), 5);
  close(slave);
  close(master);
}

/* Nobody can open it to write while nobody reads it. */
static void taking_over_a_pipe_that_nobody_reads(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  CHECK_EQUAL(ow_take_over(ends[1]), 0);
  CHECK(!waits(ends[1]) && !is_inherited(ends[1]));
  close(ends[1]);
}

/* Opened anew, it would not show that its writer has come and gone. */
static void taking_over_a_named_pipe(void) {
  char path[256];
  char name[sizeof path + sizeof "/pipe"];
  char got[1];
  const char *parent = getenv("TMPDIR");
  if (parent == NULL) parent = "/tmp";
  int length = snprintf(path, sizeof path, "%s/overwall-XXXXXX", parent);
  CHECK(length > 0 && length < (int)sizeof path);
  CHECK(mkdtemp(path) != NULL);
  snprintf(name, sizeof name, "%s/pipe", path);
  CHECK(mkfifo(name, 0600) == 0);
  int reader = open(name, O_RDONLY | O_NONBLOCK);
  int writer = open(name, O_WRONLY);
  CHECK(reader >= 0 && writer >= 0 && fcntl(reader, F_SETFL, 0) == 0);
  close(writer);
  CHECK_EQUAL(ow_take_over(reader), 0);
  CHECK(!waits(reader) && !is_inherited(reader));
  struct pollfd end = {.fd = reader, .events = POLLIN};
  CHECK_EQUAL(poll(&end, 1, 0), 1);
  CHECK(end.revents & POLLHUP);
  CHECK_EQUAL(read(reader, got, 1), 0);
  close(reader);
  unlink(name);
  rmdir(path);
}

static void taking_over_a_socket(void) {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK_EQUAL(ow_take_over(ends[0]), 0);
  CHECK(waits(ends[0]) && !is_inherited(ends[0]));
  close(ends[0]);
  close(ends[1]);
}

static void what_is_unread(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK_EQUAL(ow_unread(ends[0]), 0);
  CHECK_EQUAL(write(ends[1], "hello", 5), 5);
  CHECK_EQUAL(ow_unread(ends[0]), 5);
  close(ends[0]);
  close(ends[1]);
  CHECK_EQUAL(ow_unread(ends[0]), -EBADF);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK_EQUAL(write(ends[1], "hello", 5), 5);
  CHECK_EQUAL(ow_unread(ends[0]), 5);
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a pipe goes either way, and only our end does not wait", both_directions},
      {"a writer that waits is ended by SIGPIPE", a_blocked_writer_is_ended_by_its_reader},
      {"a pipe that cannot be made leaves nothing", no_descriptor_is_left},
      {"a pipe is taken over from those who share it", taking_over_a_pipe},
      {"a terminal is", taking_over_a_terminal},
      {"the master of a terminal stays the master of that one", taking_over_the_master_of_a_terminal},
      {"a pipe that nobody reads is", taking_over_a_pipe_that_nobody_reads},
      {"a named pipe keeps its end", taking_over_a_named_pipe},
      {"a socket waits as before", taking_over_a_socket},
      {"what is unread is counted", what_is_unread},
  };
  return RUN(cases);
}
