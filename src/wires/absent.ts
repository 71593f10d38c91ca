import { UnsupportedError } from "../contract/index.ts";

/**
 * What stands in the place of the system's wires where there is no such system: bundlers take it
 * for a browser (the map `browser` in package.json). Each is refused by name.
 */
export function tcp(): never {
  throw new UnsupportedError("open a TCP endpoint", "a browser has no sockets of its own");
}

export function unix(): never {
  throw new UnsupportedError("open a UNIX socket", "a browser has no sockets of its own");
}

export function tlsFromFiles(): never {
  throw new UnsupportedError("speak TLS", "a browser keeps its own to itself");
}
