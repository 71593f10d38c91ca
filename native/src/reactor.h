/*
 * The reactor: one epoll set over descriptors in numbered slots.
 *
 * It knows nothing of JavaScript. Whoever drives it collects events into a table of numbers, and has
 * a table of operations run; both are laid out so that one crossing serves many descriptors. It
 * decides nothing about closing or back-pressure either.
 */
#ifndef OW_REACTOR_H
#define OW_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happened; each event is OW_EVENT_FIELDS numbers: slot, kind, a, b. */
enum ow_event_kind {
  OW_EVENT_BIG = 1,        /* a, b: offset and length in the big block */
  OW_EVENT_SMALL = 2,      /* a, b: offset and length in the small block */
  OW_EVENT_NEXT_SMALL = 3, /* the same, in the next small block from here on */
  OW_EVENT_ACCEPTED = 4,   /* a: the listener's slot; b: where its name is in the table of names */
  OW_EVENT_ENDED = 5,      /* the peer will send no more */
  OW_EVENT_FAILED = 6,     /* a: errno */
  OW_EVENT_WRITABLE = 7,   /* what did not go out before may go now */
  OW_EVENT_CONNECTED = 8,  /* a: errno, or 0 */
  OW_EVENT_NOT_ACCEPTED = 9, /* a: errno; the listener is paused */
  OW_EVENT_GONE = 10,      /* nobody reads any more what is written here */
  OW_EVENT_EXITED = 12,    /* the process of this slot */
  OW_EVENT_RIGHTS = 11,    /* a, b: first and count in the table of received descriptors */
  OW_EVENT_CARRIED = 13    /* more was carried to this slot: see ow_carry */
};

enum { OW_EVENT_FIELDS = 4, OW_EVENTS_MAX = 1024 };

/* What is to be done; each operation begins with OW_OPERATION_FIELDS numbers: kind, slot, a, result. */
enum ow_operation_kind {
  /* a: how many pieces follow, OW_PIECE_FIELDS numbers each; result: bytes sent, or -errno. */
  OW_SEND = 1,
  OW_END = 2,
  OW_CLOSE = 3,
  OW_RESET = 4,
  OW_PAUSE = 5,
  OW_RESUME = 6,
  /* The same as OW_SEND with the descriptor `a` and one piece: it travels with that piece. */
  OW_SEND_RIGHT = 7,
  OW_NOTHING = 8,
  /* Of no slot: connections that were accepted before, and are not read by now, will not be soon. */
  OW_SETTLE = 9
};

/* A piece of what is sent: source (one of these, or the number of a reference), offset, length. */
enum { OW_OPERATION_FIELDS = 4, OW_PIECE_FIELDS = 3, OW_ARENA = -1, OW_BIG_BLOCK = -2 };

/* What a slot is; fixed when it is made. */
enum ow_traits {
  OW_READS = 1,
  OW_WRITES = 2,
  OW_SOCKET = 4,
  OW_LISTENS = 8,
  OW_CONNECTS = 16,
  OW_RIGHTS = 32,   /* a UNIX socket: descriptors may come along */
  OW_TERMINAL = 64, /* EIO is its end */
  OW_TCP = 128,
  OW_SHARED = 256,  /* others hold the same open file: closing it here does not end it */
  OW_PROCESS = 1024, /* of a process: ready when it has exited, and never read */
  OW_ONE_WAY = 512  /* only written to: an error there says that nobody reads */
};

/* A peer's name as numbers: family (4, 6, 1 for UNIX, 0 unknown), port, and an IPv4 address. */
enum { OW_NAME_FIELDS = 3, OW_NAMES_MAX = OW_EVENTS_MAX };

enum { OW_RIGHTS_MAX = 1024 };

/* Descriptors that came along; the table is the caller's. */
struct ow_received_rights {
  int32_t *table;
  int32_t room;
  int32_t count;
};

/* Where received bytes go. Both blocks may be replaced between two collections, never within one. */
struct ow_blocks {
  char *big;
  size_t big_size;
  size_t big_used;
  char *small;
  size_t small_size;
  size_t small_used;
  /* Puts a new small block in place of a full one; false when there is none to be had. */
  bool (*next_small)(void *context, struct ow_blocks *blocks);
  void *context;
};

/* The tables that one collection fills. */
struct ow_batch {
  int32_t *events;
  int32_t event_count;
  int32_t *names;
  int32_t name_count;
  int32_t *rights;
  int32_t right_count;
};

/* Where the pieces of what is sent lie. */
struct ow_sources {
  const char *arena;
  const char *big_block;
  /* The bytes of the reference with this number; NULL when they are gone. */
  const char *(*reference)(void *context, int32_t number);
  void *context;
};

/* How much a slot was carried so far: read for it, and written to it. */
struct ow_carried {
  double read;
  double written;
};

enum { OW_CARRIED_SLOTS_MAX = 64 * 1024 };

struct ow_reactor;

/* NULL with errno set when the system has no epoll set left. */
struct ow_reactor *ow_reactor_new(void);
/* Closes every descriptor that is open. */
void ow_reactor_free(struct ow_reactor *reactor);
/* What to wait on for reading: then there is something to collect. */
int ow_reactor_descriptor(const struct ow_reactor *reactor);
/* How many slots are open. */
int ow_reactor_open_count(const struct ow_reactor *reactor);
/* How many of them are to keep the process: all, but for those that were told otherwise. */
int ow_reactor_keeping_count(const struct ow_reactor *reactor);
void ow_keep_process(struct ow_reactor *reactor, int slot, bool keeps);

/* Takes a descriptor over; paused, but for one that connects. Answers its slot, or -errno. */
int ow_add(struct ow_reactor *reactor, int fd, unsigned traits);
/* Gives a descriptor back, unwatched; -errno when there is none. */
int ow_detach(struct ow_reactor *reactor, int slot);
/* The descriptor in a slot; -1 when it is closed. */
int ow_descriptor(const struct ow_reactor *reactor, int slot);

/*
 * From now on what is read from the socket in one slot goes straight to the socket in another, and is
 * not told; what was carried is in `table`, which has OW_CARRIED_SLOTS_MAX places, one for each slot
 * that is carried to. At most `holds_max` bytes are held on the way. Reading is paused and resumed as
 * before. 0, or -errno: a slot is carried to from one other alone.
 */
int ow_carry(struct ow_reactor *reactor, int from, int to, size_t holds_max,
             struct ow_carried *table);
/* What is read is told again. What is held on the way to `to` is still written, and its end told. */
void ow_stop_carrying(struct ow_reactor *reactor, int to);

/*
 * Takes what happened, as far as the tables and the blocks have room; the rest comes next time. A slot
 * that is closed while its batch is being looked at is not given to another before ow_batch_done.
 */
void ow_collect(struct ow_reactor *reactor, struct ow_batch *batch, struct ow_blocks *blocks);
void ow_batch_done(struct ow_reactor *reactor);

/* Runs `length` numbers of operations, and writes each one's result into it. */
void ow_run(struct ow_reactor *reactor, int32_t *operations, int32_t length,
            const struct ow_sources *sources);

/* Reads what is there without waiting; 0 at the end, or -errno. Descriptors come as in a batch. */
long ow_read_now(struct ow_reactor *reactor, int slot, char *into, size_t size,
                 struct ow_received_rights *rights);

#endif
