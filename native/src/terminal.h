/* Programs on pseudo-terminals. All answer -errno when they fail. */
#ifndef OW_TERMINAL_H
#define OW_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

/* Where starting a program failed. */
enum ow_terminal_stage { OW_AT_TERMINAL = 1, OW_AT_FOLDER = 2, OW_AT_PROGRAM = 3 };

struct ow_program {
  /* Paths that are tried in turn, up to NULL. */
  char *const *candidates;
  char *const *arguments;
  char *const *environment;
  /* NULL: ours. */
  const char *folder;
  unsigned short columns;
  unsigned short rows;
  /* Bytes go through as they are: no echo, no lines, no signals from control characters. */
  bool is_raw;
};

/* What runs: both descriptors are close-on-exec, and neither waits. */
struct ow_running {
  int master;
  /* Ready to be read once it has exited. */
  int watch;
  pid_t pid;
  enum ow_terminal_stage failed_at;
};

/*
 * Starts a program that leads a session of its own on a new terminal, which is its standard input,
 * output and error; it gets nothing else of ours: no descriptor, no ignored or blocked signal. Answers
 * when it runs, or why it does not, which `failed_at` belongs to.
 */
int ow_terminal_start(const struct ow_program *program, struct ow_running *running);

/* Kills one that was started, and reaps it; one that may not be killed is not waited for. */
int ow_terminal_end(pid_t pid);

int ow_terminal_resize(int master, unsigned short columns, unsigned short rows);
/* Asked by tests alone. */
int ow_terminal_size(int master, unsigned short *columns, unsigned short *rows);

/* Takes the status of one that has exited; -EAGAIN while it has not. One of the two is set. */
int ow_terminal_reap(int watch, int *exit_code, int *signal);

#endif
