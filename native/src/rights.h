/* Descriptors that travel over UNIX sockets (SCM_RIGHTS). */
#ifndef OW_RIGHTS_H
#define OW_RIGHTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "reactor.h"

/* Linux puts at most 253 into a message; the buffer has room for them in several control messages. */
enum { OW_RIGHTS_A_MESSAGE = 253, OW_CONTROL_SIZE = 4096 };

/*
 * As recvmsg; the descriptors that came along are in `rights`, close-on-exec. More than there is room
 * for, or a control message that was cut: all of them are closed, and the result is -1 with EMSGSIZE.
 */
long ow_receive_with_rights(int fd, char *into, size_t size, char *control,
                            struct ow_received_rights *rights);

/* As send, with one descriptor. */
long ow_send_with_right(int fd, const char *bytes, size_t size, int right);

#endif
