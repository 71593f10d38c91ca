/* Room in the system's table of this process's descriptors, made before it is needed. */
#ifndef OW_ROOM_H
#define OW_ROOM_H

#include <stdbool.h>

/* So many descriptors there is room for at once where somebody listens. */
enum { OW_ROOM_OF_LISTENERS = 1024 };

struct ow_room;

/* NULL when there is no memory. */
struct ow_room *ow_room_new(void);
/* Nothing of it runs when this returns. */
void ow_room_free(struct ow_room *room);

/*
 * Makes room for `count` descriptors, in a thread: when the table of a process that has threads grows,
 * at 256 descriptors and each power of two behind it, the system waits for all processors, which takes
 * 10 to 20 ms; whoever accepts would sleep for that long. Asked for often, with twice of what is there.
 * Nothing is opened, and room that could not be had is made when it is needed.
 */
void ow_room_for(struct ow_room *room, int count);

#endif
