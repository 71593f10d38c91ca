#pragma once
#include <stdbool.h>

#include "options.h"

/*
 * Connects, with TCP_NODELAY; `index` chooses the client address, so that more connections fit than
 * one address has ports. Non-blocking: the connection may not be made yet. Ends the run on failure.
 */
int connect_socket(const struct options *options, int index, bool is_blocking);

void set_non_blocking(int fd);

/* A blocking call on it fails after this many seconds. */
void set_patience(int fd, double seconds);

/* Lets this process hold as many descriptors as it may. */
void raise_descriptor_limit(void);
