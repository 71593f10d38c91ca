#define _GNU_SOURCE
#include "room.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the system gives every process soon. */
enum { ROOM_FIRST = 256, ROOM_MAX = 1 << 20 };

struct ow_room {
  int size;
  /* What the limit did not allow. */
  int refused;
  bool has_thread;
  pthread_t thread;
};

struct ow_room *ow_room_new(void) {
  struct ow_room *room = calloc(1, sizeof *room);
  if (room != NULL) room->size = ROOM_FIRST;
  return room;
}

/* The system makes room for the new number before it looks at the old one, which nobody has. */
static void *make_room(void *argument) {
  const struct ow_room *room = argument;
  dup3(-1, room->size - 1, O_CLOEXEC);
  return NULL;
}

/* A signal is for the threads that the process knows. */
static bool start(struct ow_room *room) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool is_started = pthread_create(&room->thread, NULL, make_room, room) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return is_started;
}

void ow_room_free(struct ow_room *room) {
  if (room->has_thread) pthread_join(room->thread, NULL);
  free(room);
}

void ow_room_for(struct ow_room *room, int count) {
  struct rlimit limit;
  int size = room->size;
  while (size < count && size < ROOM_MAX) size *= 2;
  if (size == room->size || count <= room->refused) return;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  /* More than the limit cannot be asked for; it may be raised, which is looked for now and then. */
  if (limit.rlim_cur < (rlim_t)size) size = (int)limit.rlim_cur;
  if (size <= room->size) {
    room->refused = 2 * count;
    return;
  }
  /* It is at it still: this is asked again. */
  if (room->has_thread && pthread_tryjoin_np(room->thread, NULL) != 0) return;
  room->size = size;
  room->has_thread = start(room);
}
