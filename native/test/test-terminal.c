#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/terminal.h"
#include "check.h"

enum { OUTPUT_MAX = 8 * 1024 * 1024 };

static char *const no_environment[] = {"TERM=dumb", NULL};
static char *const shell[] = {"/no/such/shell", "/bin/sh", NULL};

static struct ow_program script(const char *text, bool is_raw) {
  static char *words[4];
  words[0] = "sh";
  words[1] = "-c";
  words[2] = (char *)text;
  return (struct ow_program){.candidates = shell,
                             .arguments = words,
                             .environment = no_environment,
                             .columns = 91,
                             .rows = 17,
                             .is_raw = is_raw};
}

/* Reads to the end; the terminal's is EIO. */
static long read_all(int master, char *into, long size) {
  long total = 0;
  for (;;) {
    struct pollfd wait = {.fd = master, .events = POLLIN};
    CHECK_EQUAL(poll(&wait, 1, 10000), 1);
    long got = read(master, into + total, (size_t)(size - total));
    if (got < 0 && errno == EIO) return total;
    CHECK(got > 0);
    total += got;
  }
}

static void await_exit(int watch) {
  struct pollfd wait = {.fd = watch, .events = POLLIN};
  CHECK_EQUAL(poll(&wait, 1, 10000), 1);
}

static void expect(const char *text, const char *output, int exit_code, int signal) {
  struct ow_program program = script(text, false);
  struct ow_running running;
  char got[4096];
  int code = 0;
  int number = 0;
  CHECK_EQUAL(ow_terminal_start(&program, &running), 0);
  long size = read_all(running.master, got, sizeof got);
  await_exit(running.watch);
  CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), 0);
  if (size != (long)strlen(output) || memcmp(got, output, (size_t)size) != 0) {
    printf("not ok %s says %.*s\n", text, (int)size, got);
    exit(1);
  }
  CHECK_EQUAL(code, exit_code);
  CHECK_EQUAL(number, signal);
  close(running.master);
  close(running.watch);
}

static void statuses_are_told(void) {
  expect("exit 0", "", 0, 0);
  expect("exit 7", "", 7, 0);
  expect("kill -TERM $$", "", -1, SIGTERM);
  expect("echo out; echo err >&2; exit 1", "out\r\nerr\r\n", 1, 0);
}

static void the_terminal_is_the_childs_own(void) {
  expect("test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty", "17 91\r\n", 0, 0);
  expect("read a b c d e f rest </proc/self/stat; test $a = $f && test $a = $e && echo leads",
         "leads\r\n", 0, 0);
  expect("stty -a | grep -o iutf8", "iutf8\r\n", 0, 0);
}

/* 3 is what the shell lists them with. Two of ours are open without close-on-exec, and signals are ignored and blocked. */
static void nothing_of_ours_is_the_childs(void) {
  int one = open("/dev/null", O_RDONLY);
  int other = dup2(one, 77);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  signal(SIGUSR2, SIG_IGN);
  expect("for fd in /proc/$$/fd/*; do n=${fd##*/}; test $n -gt 3 && echo leaked $n; done; true", "", 0,
         0);
  expect("exec grep -E 'Sig(Blk|Ign)' /proc/self/status",
         "SigBlk:\t0000000000000000\r\nSigIgn:\t0000000000000000\r\n", 0, 0);
  signal(SIGUSR2, SIG_DFL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(one);
  close(other);
}

static void refuse(struct ow_program *program, int errno_then, enum ow_terminal_stage stage) {
  struct ow_running running;
  CHECK_EQUAL(ow_terminal_start(program, &running), -errno_then);
  CHECK_EQUAL(running.failed_at, stage);
  /* It is reaped. */
  CHECK_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
  CHECK_EQUAL(errno, ECHILD);
}

static void failures_are_told_by_name(void) {
  char *const nowhere[] = {"/no/such/program", NULL};
  char *const no_program[] = {"/etc/passwd", "/no/such/program", NULL};
  char *const none[] = {NULL};
  struct ow_program program = script("true", false);
  program.candidates = nowhere;
  refuse(&program, ENOENT, OW_AT_PROGRAM);
  program.candidates = no_program;
  refuse(&program, EACCES, OW_AT_PROGRAM);
  program.candidates = none;
  refuse(&program, ENOENT, OW_AT_PROGRAM);
  program = script("true", false);
  program.folder = "/no/such/folder";
  refuse(&program, ENOENT, OW_AT_FOLDER);
}

/* Written and exited long before anybody reads. */
static void output_outlives_its_writer(void) {
  struct ow_running running;
  char *got = malloc(OUTPUT_MAX);
  int code = 0;
  int number = 0;
  for (int round = 0; round < 20; round++) {
    struct ow_program program = script("printf %3000d 1", true);
    CHECK_EQUAL(ow_terminal_start(&program, &running), 0);
    await_exit(running.watch);
    CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), 0);
    CHECK_EQUAL(read_all(running.master, got, OUTPUT_MAX), 3000);
    close(running.master);
    close(running.watch);
  }
  struct ow_program program = script("head -c 5242880 /dev/zero", true);
  CHECK_EQUAL(ow_terminal_start(&program, &running), 0);
  usleep(50000);
  CHECK_EQUAL(read_all(running.master, got, OUTPUT_MAX), 5242880);
  await_exit(running.watch);
  CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), 0);
  close(running.master);
  close(running.watch);
  free(got);
}

static void sizes_change_and_hang_ups_arrive(void) {
  struct ow_program program = script("sleep 100", false);
  struct ow_running running;
  unsigned short columns = 0;
  unsigned short rows = 0;
  int code = 0;
  int number = 0;
  CHECK_EQUAL(ow_terminal_start(&program, &running), 0);
  CHECK_EQUAL(ow_terminal_size(running.master, &columns, &rows), 0);
  CHECK(columns == 91 && rows == 17);
  CHECK_EQUAL(ow_terminal_resize(running.master, 200, 50), 0);
  CHECK_EQUAL(ow_terminal_size(running.master, &columns, &rows), 0);
  CHECK(columns == 200 && rows == 50);
  CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), -EAGAIN);
  close(running.master);
  await_exit(running.watch);
  CHECK_EQUAL(ow_terminal_reap(running.watch, &code, &number), 0);
  CHECK_EQUAL(number, SIGHUP);
  close(running.watch);
  CHECK_EQUAL(ow_terminal_resize(-1, 1, 1), -EBADF);
  CHECK_EQUAL(ow_terminal_size(-1, &columns, &rows), -EBADF);
}

static void one_is_ended_without_its_watch(void) {
  struct ow_program program = script("trap '' HUP TERM; sleep 100", false);
  struct ow_running running;
  CHECK_EQUAL(ow_terminal_start(&program, &running), 0);
  close(running.master);
  close(running.watch);
  CHECK_EQUAL(ow_terminal_end(running.pid), 0);
  CHECK(waitpid(running.pid, NULL, WNOHANG) < 0 && errno == ECHILD);
  CHECK_EQUAL(ow_terminal_end(running.pid), -ESRCH);
}

int main(void) {
  static const struct check_case cases[] = {
      {"exit codes and signals are told", statuses_are_told},
      {"the child leads a session on a terminal of its own", the_terminal_is_the_childs_own},
      {"the child has no descriptor and no signal setting of ours", nothing_of_ours_is_the_childs},
      {"a program that cannot begin says where and why", failures_are_told_by_name},
      {"output outlives the process that wrote it", output_outlives_its_writer},
      {"the size changes, and a hang-up arrives", sizes_change_and_hang_ups_arrive},
      {"one that nobody watches is killed and reaped", one_is_ended_without_its_watch},
  };
  return RUN(cases);
}
