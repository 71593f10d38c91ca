/* Pipes to programs, and descriptors that were opened elsewhere. All answer -errno when they fail. */
#ifndef OW_PIPE_H
#define OW_PIPE_H

#include <stdbool.h>

/* A pipe: our end does not wait, theirs does, as a program expects; both are close-on-exec. */
struct ow_pipe {
  int ours;
  int theirs;
};

/* `we_read`: theirs is where they write. */
int ow_pipe_make(bool we_read, struct ow_pipe *pipe);

/*
 * Makes a descriptor that came from elsewhere one that does not wait, and that no program inherits.
 *
 * Whether it waits is a property of the open file, which whoever started us may hold as well. So a
 * pipe or a terminal is opened anew, under the same number; where that cannot be, and for a named
 * pipe, which would forget who has come and gone, the open file itself is changed. A socket is left
 * as it is: each call says that it does not wait.
 */
int ow_take_over(int fd);

/* How many bytes can be read at once: what others have written and nobody has read. */
int ow_unread(int fd);

#endif
