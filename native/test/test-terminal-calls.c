#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/terminal.h"
#include "check.h"

/* What is asked of a terminal beside starting a program on it; also where no program can be started. */

static void a_size_is_kept(void) {
  unsigned short columns = 0;
  unsigned short rows = 0;
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(master >= 0);
  CHECK_EQUAL(ow_terminal_resize(master, 65535, 1), 0);
  CHECK_EQUAL(ow_terminal_size(master, &columns, &rows), 0);
  CHECK_EQUAL(columns, 65535);
  CHECK_EQUAL(rows, 1);
  close(master);
}

static void what_is_no_terminal_is_refused(void) {
  unsigned short columns = 7;
  unsigned short rows = 8;
  int code = 9;
  int number = 10;
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  CHECK_EQUAL(ow_terminal_resize(ends[0], 1, 1), -ENOTTY);
  CHECK_EQUAL(ow_terminal_size(ends[0], &columns, &rows), -ENOTTY);
  CHECK_EQUAL(ow_terminal_resize(-1, 1, 1), -EBADF);
  CHECK_EQUAL(ow_terminal_size(-1, &columns, &rows), -EBADF);
  CHECK(ow_terminal_reap(ends[0], &code, &number) < 0);
  CHECK(columns == 7 && rows == 8 && code == 9 && number == 10);
  close(ends[0]);
  close(ends[1]);
}

static void a_child_is_killed_and_reaped(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    for (;;) pause();
  }
  CHECK_EQUAL(ow_terminal_end(pid), 0);
  CHECK(waitpid(pid, NULL, WNOHANG) < 0 && errno == ECHILD);
  CHECK_EQUAL(ow_terminal_end(pid), -ESRCH);
}

/* As before Linux 5.3, and under a valgrind that does not know pidfd_open. */
static void without_a_watch_nothing_is_left(void) {
  static char *const candidates[] = {"/bin/true", NULL};
  static char *const words[] = {"true", NULL};
  static char *const environment[] = {NULL};
  struct ow_program program = {.candidates = candidates,
                               .arguments = words,
                               .environment = environment,
                               .columns = 80,
                               .rows = 24};
  struct ow_running running;
  int code = -1;
  int number = -1;
  int failure = ow_terminal_start(&program, &running);
  if (failure == -ENOSYS) {
    CHECK_EQUAL(running.failed_at, OW_AT_TERMINAL);
  } else {
    CHECK_EQUAL(failure, 0);
    struct pollfd wait = {.fd = running.watch, .events = POLLIN};
    CHECK_EQUAL(poll(&wait, 1, 10000), 1);
    CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), 0);
    CHECK_EQUAL(code, 0);
    close(running.master);
    close(running.watch);
  }
  CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

int main(void) {
  static const struct check_case cases[] = {
      {"a size that was set is the size", a_size_is_kept},
      {"what is no terminal is refused, and nothing is answered", what_is_no_terminal_is_refused},
      {"a child is killed and reaped, once", a_child_is_killed_and_reaped},
      {"a start that cannot be watched leaves neither child nor descriptor", without_a_watch_nothing_is_left},
  };
  return RUN(cases);
}
