import { nodeDuplexWire, webStreamsWire } from "./bridges.ts";
import { processWire, stdioWire } from "./children.ts";
import { loopbackTourWire, memoryWire, simulatedWire } from "./in-memory.ts";
import { descriptorWire } from "./pipes.ts";
import { tcpWire, tlsUnixWire, tlsWire, unixWire } from "./sockets.ts";
import { ptyWire } from "./terminal.ts";
import type { TourWire } from "./tour-wire.ts";

/** Every wire of the tour, in the order of its tables; a new one joins by a line here. */
export const TOUR_WIRES: readonly TourWire[] = [
  tcpWire,
  tlsWire,
  unixWire,
  tlsUnixWire,
  processWire,
  stdioWire,
  ptyWire,
  descriptorWire,
  loopbackTourWire,
  memoryWire,
  simulatedWire,
  nodeDuplexWire,
  webStreamsWire,
];
