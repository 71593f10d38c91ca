#pragma once
#include "reactor.h"

extern const struct service echo_service, echo_owned_service, sink_owned_service, small_service,
    small_coalesced_service, sink_service, source_service, relay_service;

/* For the source: the bytes of each connection. For the relay: the port behind it. */
void set_source_bytes(uint64_t bytes);
void set_relay_port(int port);
