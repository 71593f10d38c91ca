#define _GNU_SOURCE
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  BLOCK_SIZE = 256 * 1024,
  BLOCKS_KEPT = 4,
  /* A smaller rest is copied, so that it does not keep a whole block. */
  COPIED_BELOW = 16 * 1024,
  /* So many reads in a row that were large, and pages are moved; so many small ones, and bytes. */
  LARGE_READ = 32 * 1024,
  LARGE_READS = 4,
  SMALL_READS = 8,
  PIPES_KEPT = 8,
  /* Of one user in all the system wants no more than 64 MiB in pipes. */
  PIPES_MAX = 32
};

struct pipe_ends {
  int reads;
  int writes;
};

struct ow_pump_house {
  char *blocks[BLOCKS_KEPT];
  int block_count;
  struct pipe_ends pipes[PIPES_KEPT];
  int kept_pipes;
  int all_pipes;
  bool moves_pages;
};

struct ow_pump {
  /* What is held: in memory of its own, or in a pipe. */
  char *memory;
  bool is_block;
  size_t holds_max;
  size_t at;
  size_t held;
  struct pipe_ends pipe;
  bool has_pipe;
  /* Large reads in a row while bytes are copied, small ones while pages are moved. */
  int in_a_row;
  bool is_moving;
  bool never_moves;
};

/* A write to a socket that is gone raises SIGPIPE, which splice cannot be told to leave out. */
static bool is_sigpipe_ignored(void) {
  struct sigaction action;
  return sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

struct ow_pump_house *ow_pump_house_new(void) {
  struct ow_pump_house *house = calloc(1, sizeof *house);
  if (house != NULL) house->moves_pages = is_sigpipe_ignored();
  return house;
}

static void close_pipe(struct ow_pump_house *house, struct pipe_ends ends) {
  close(ends.reads);
  close(ends.writes);
  house->all_pipes--;
}

void ow_pump_house_free(struct ow_pump_house *house) {
  while (house->block_count > 0) free(house->blocks[--house->block_count]);
  while (house->kept_pipes > 0) close_pipe(house, house->pipes[--house->kept_pipes]);
  free(house);
}

struct ow_pump *ow_pump_new(void) {
  return calloc(1, sizeof(struct ow_pump));
}

void ow_pump_allow(struct ow_pump *pump, size_t holds_max) {
  pump->holds_max = holds_max < OW_PUMP_HOLDS_MAX ? holds_max : OW_PUMP_HOLDS_MAX;
}

size_t ow_pump_held(const struct ow_pump *pump) {
  return pump->held;
}

void ow_pump_pipes(const struct ow_pump_house *house, int *all, int *empty) {
  *all = house->all_pipes;
  *empty = house->kept_pipes;
}

/* ---- blocks ---- */

static char *take_block(struct ow_pump_house *house) {
  if (house->block_count > 0) return house->blocks[--house->block_count];
  return malloc(BLOCK_SIZE);
}

static void give_block(struct ow_pump_house *house, char *block) {
  if (house->block_count < BLOCKS_KEPT) house->blocks[house->block_count++] = block;
  else free(block);
}

static void let_memory_go(struct ow_pump_house *house, struct ow_pump *pump) {
  if (pump->memory == NULL) return;
  if (pump->is_block) give_block(house, pump->memory);
  else free(pump->memory);
  pump->memory = NULL;
}

/* Keeps the rest of a block; the block is the pump's when it is large, or there is no memory. */
static void keep_rest(struct ow_pump_house *house, struct ow_pump *pump, char *block, size_t at,
                      size_t size) {
  char *copy = size < COPIED_BELOW ? malloc(size) : NULL;
  pump->is_block = copy == NULL;
  pump->memory = pump->is_block ? block : copy;
  pump->at = pump->is_block ? at : 0;
  pump->held = size;
  if (pump->is_block) return;
  memcpy(copy, block + at, size);
  give_block(house, block);
}

/* ---- pipes ---- */

/* What cannot be had is not asked for again at every read. */
static void never_move(struct ow_pump *pump) {
  pump->never_moves = true;
  pump->is_moving = false;
}

static bool take_pipe(struct ow_pump_house *house, struct ow_pump *pump) {
  if (pump->has_pipe) return true;
  if (house->kept_pipes > 0) {
    pump->pipe = house->pipes[--house->kept_pipes];
    pump->has_pipe = true;
    return true;
  }
  int ends[2];
  if (house->all_pipes >= PIPES_MAX) return false;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    never_move(pump);
    return false;
  }
  house->all_pipes++;
  pump->pipe = (struct pipe_ends){.reads = ends[0], .writes = ends[1]};
  if (fcntl(ends[1], F_SETPIPE_SZ, OW_PUMP_HOLDS_MAX) < OW_PUMP_HOLDS_MAX) {
    close_pipe(house, pump->pipe);
    never_move(pump);
    return false;
  }
  pump->has_pipe = true;
  return true;
}

/* An empty one is for whoever needs it next. */
static void let_pipe_go(struct ow_pump_house *house, struct ow_pump *pump) {
  if (!pump->has_pipe) return;
  pump->has_pipe = false;
  if (pump->held == 0 && house->kept_pipes < PIPES_KEPT) {
    house->pipes[house->kept_pipes++] = pump->pipe;
  } else {
    close_pipe(house, pump->pipe);
  }
}

void ow_pump_free(struct ow_pump_house *house, struct ow_pump *pump) {
  let_pipe_go(house, pump);
  let_memory_go(house, pump);
  free(pump);
}

/* ---- running ---- */

static bool would_wait(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/* Writes what is held in memory; true when the descriptor took all of it. */
static bool write_memory(struct ow_pump_house *house, struct ow_pump *pump, int to,
                         struct ow_pump_run *run) {
  ssize_t sent;
  do {
    sent = send(to, pump->memory + pump->at, pump->held, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    if (!would_wait(errno)) run->write_error = errno;
    return false;
  }
  pump->at += (size_t)sent;
  pump->held -= (size_t)sent;
  run->written += (size_t)sent;
  if (pump->held > 0) return false;
  let_memory_go(house, pump);
  return true;
}

static bool write_pipe(struct ow_pump *pump, int to, struct ow_pump_run *run) {
  while (pump->held > 0) {
    ssize_t sent = splice(pump->pipe.reads, NULL, to, NULL, pump->held,
                          SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) {
      if (sent < 0 && !would_wait(errno)) run->write_error = errno;
      return false;
    }
    pump->held -= (size_t)sent;
    run->written += (size_t)sent;
  }
  return true;
}

static bool write_held(struct ow_pump_house *house, struct ow_pump *pump, int to,
                       struct ow_pump_run *run) {
  if (pump->held == 0) return true;
  return pump->has_pipe ? write_pipe(pump, to, run) : write_memory(house, pump, to, run);
}

static void not_read(ssize_t got, struct ow_pump_run *run) {
  if (got == 0) run->ended = true;
  else if (!would_wait(errno)) run->read_error = errno;
}

/* Copies once in and once out; answers how much it read, 0 when there is nothing more now. */
static size_t carry_bytes(struct ow_pump_house *house, struct ow_pump *pump, int from, int to,
                          struct ow_pump_run *run) {
  size_t most = pump->holds_max < BLOCK_SIZE ? pump->holds_max : BLOCK_SIZE;
  char *block = take_block(house);
  if (block == NULL) {
    run->read_error = ENOMEM;
    return 0;
  }
  ssize_t got;
  do {
    got = recv(from, block, most, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    not_read(got, run);
    give_block(house, block);
    return 0;
  }
  run->read += (size_t)got;
  ssize_t sent;
  do {
    sent = send(to, block, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && !would_wait(errno)) run->write_error = errno;
  size_t out = sent < 0 ? 0 : (size_t)sent;
  run->written += out;
  if (out == (size_t)got) give_block(house, block);
  else keep_rest(house, pump, block, out, (size_t)got - out);
  return (size_t)got;
}

/* The same, by moving the pages that hold the bytes. */
static size_t carry_pages(struct ow_pump *pump, int from, int to, struct ow_pump_run *run) {
  ssize_t got;
  do {
    got = splice(from, NULL, pump->pipe.writes, NULL, pump->holds_max,
                 SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EINVAL) {
    never_move(pump);
    return 1;
  }
  if (got <= 0) {
    not_read(got, run);
    return 0;
  }
  run->read += (size_t)got;
  pump->held = (size_t)got;
  write_pipe(pump, to, run);
  return (size_t)got;
}

/* Splicing heeds how a socket was opened, and not how it is asked. */
static bool never_waits(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK);
}

/* Small messages are copied, as that is one call less; a flood is moved. */
static void learn(const struct ow_pump_house *house, struct ow_pump *pump, size_t got, int from,
                  int to) {
  bool speaks_for_other = pump->is_moving ? got < LARGE_READ : got >= LARGE_READ;
  pump->in_a_row = speaks_for_other ? pump->in_a_row + 1 : 0;
  if (pump->in_a_row < (pump->is_moving ? SMALL_READS : LARGE_READS)) return;
  pump->in_a_row = 0;
  if (!pump->is_moving && (pump->never_moves || !house->moves_pages)) return;
  pump->never_moves = !never_waits(from) || !never_waits(to);
  pump->is_moving = !pump->is_moving && !pump->never_moves;
}

void ow_pump_run(struct ow_pump_house *house, struct ow_pump *pump, int from, int to, bool reads,
                 size_t most, struct ow_pump_run *run) {
  *run = (struct ow_pump_run){0};
  bool goes_on = write_held(house, pump, to, run) && reads;
  while (goes_on && run->read < most) {
    bool moves = pump->is_moving && take_pipe(house, pump);
    if (!moves) let_pipe_go(house, pump);
    size_t got = moves ? carry_pages(pump, from, to, run) : carry_bytes(house, pump, from, to, run);
    if (got > 0) learn(house, pump, got, from, to);
    /* A read that was not large has very likely emptied the descriptor. */
    goes_on = got >= LARGE_READ && pump->held == 0 && run->write_error == 0;
  }
  if (pump->held == 0) let_pipe_go(house, pump);
}
