#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Told by a child that cannot begin. */
struct failure {
  int32_t stage;
  int32_t errno_then;
};

enum { TERMINAL_NAME_SIZE = 64, SLOW_CLOSE_MAX = 65536 };

/* P_PIDFD, which older headers do not name. */
#define OW_P_PIDFD ((idtype_t)3)

static int open_master(char *slave_name) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return -errno;
  int failure = ptsname_r(master, slave_name, TERMINAL_NAME_SIZE);
  if (failure == 0 && (grantpt(master) != 0 || unlockpt(master) != 0)) failure = errno;
  if (failure == 0) return master;
  close(master);
  return -failure;
}

/* ---- in the child: only what may be called between fork and exec ---- */

static void keep_nothing_else(void) {
  if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) return;
  struct rlimit limit = {.rlim_cur = SLOW_CLOSE_MAX};
  getrlimit(RLIMIT_NOFILE, &limit);
  int most = limit.rlim_cur > SLOW_CLOSE_MAX ? SLOW_CLOSE_MAX : (int)limit.rlim_cur;
  for (int fd = 3; fd < most; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void default_signals(void) {
  struct sigaction fresh;
  sigset_t none;
  memset(&fresh, 0, sizeof fresh);
  fresh.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &fresh, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool take_terminal(const char *name, const struct ow_program *program) {
  struct winsize size = {.ws_col = program->columns, .ws_row = program->rows};
  struct termios modes;
  if (setsid() < 0) return false;
  int slave = open(name, O_RDWR);
  if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0 || tcgetattr(slave, &modes) != 0) return false;
  if (program->is_raw) cfmakeraw(&modes);
  else modes.c_iflag |= IUTF8;
  if (tcsetattr(slave, TCSANOW, &modes) != 0 || ioctl(slave, TIOCSWINSZ, &size) != 0) return false;
  for (int fd = 0; fd <= 2; fd++)
    if (dup2(slave, fd) < 0) return false;
  if (slave > 2) close(slave);
  return true;
}

static void fail(int report, enum ow_terminal_stage stage, int errno_then) {
  struct failure failure = {.stage = (int32_t)stage, .errno_then = errno_then};
  while (write(report, &failure, sizeof failure) < 0 && errno == EINTR) {
  }
  _exit(127);
}

/* A program that is there and may not be run says more than one that is not there. */
static int run_first(const struct ow_program *program) {
  int failure = ENOENT;
  for (char *const *path = program->candidates; *path != NULL; path++) {
    execve(*path, program->arguments, program->environment);
    if (errno != ENOENT && errno != ENOTDIR) failure = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  return failure;
}

static void become(const struct ow_program *program, const char *terminal, int report) {
  /* It must not lie where the standard streams go. */
  int moved = fcntl(report, F_DUPFD_CLOEXEC, 3);
  default_signals();
  if (moved < 0 || !take_terminal(terminal, program)) fail(moved, OW_AT_TERMINAL, errno);
  if (program->folder != NULL && chdir(program->folder) != 0) fail(moved, OW_AT_FOLDER, errno);
  keep_nothing_else();
  fail(moved, OW_AT_PROGRAM, run_first(program));
}

/* ---- in the parent ---- */

/* Waits until the program runs: then the pipe is closed without a word. */
static int await_beginning(int report, enum ow_terminal_stage *stage) {
  struct failure failure = {0};
  ssize_t got;
  do {
    got = read(report, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof failure) return 0;
  *stage = (enum ow_terminal_stage)failure.stage;
  return -failure.errno_then;
}

static pid_t fork_quietly(void) {
  sigset_t all;
  sigset_t before;
  /* No handler of ours may run in the child. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid != 0) {
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
  }
  return pid;
}

int ow_terminal_end(pid_t pid) {
  if (kill(pid, SIGKILL) != 0) return -errno;
  pid_t ended;
  do {
    ended = waitpid(pid, NULL, 0);
  } while (ended < 0 && errno == EINTR);
  return ended < 0 ? -errno : 0;
}

static int bury(pid_t pid, int failure) {
  ow_terminal_end(pid);
  return failure;
}

static int start_on(int master, const char *terminal, const struct ow_program *program,
                    struct ow_running *running) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return -errno;
  pid_t pid = fork_quietly();
  int failure = pid < 0 ? -errno : 0;
  if (pid == 0) become(program, terminal, report[1]);
  close(report[1]);
  if (pid > 0) {
    int watch = (int)syscall(SYS_pidfd_open, pid, 0);
    failure = watch < 0 ? bury(pid, -errno) : await_beginning(report[0], &running->failed_at);
    if (watch >= 0 && failure != 0) {
      ow_terminal_end(pid);
      close(watch);
    }
    running->watch = watch;
  }
  close(report[0]);
  running->pid = pid;
  running->master = master;
  return failure;
}

int ow_terminal_start(const struct ow_program *program, struct ow_running *running) {
  char terminal[TERMINAL_NAME_SIZE];
  memset(running, 0, sizeof *running);
  running->failed_at = OW_AT_TERMINAL;
  int master = open_master(terminal);
  if (master < 0) return master;
  int failure = start_on(master, terminal, program, running);
  if (failure != 0) close(master);
  return failure;
}

int ow_terminal_resize(int master, unsigned short columns, unsigned short rows) {
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  return ioctl(master, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}

int ow_terminal_size(int master, unsigned short *columns, unsigned short *rows) {
  struct winsize size;
  if (ioctl(master, TIOCGWINSZ, &size) != 0) return -errno;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

int ow_terminal_reap(int watch, int *exit_code, int *signal) {
  siginfo_t status;
  memset(&status, 0, sizeof status);
  if (waitid(OW_P_PIDFD, (id_t)watch, &status, WEXITED | WNOHANG) != 0) return -errno;
  if (status.si_pid == 0) return -EAGAIN;
  bool has_exited = status.si_code == CLD_EXITED;
  *exit_code = has_exited ? status.si_status : -1;
  *signal = has_exited ? 0 : status.si_status;
  return 0;
}
