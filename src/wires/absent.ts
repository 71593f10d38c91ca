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

export function pipe(): never {
  throw new UnsupportedError("open a named pipe", "a browser has none");
}

export function tlsFromFiles(): never {
  throw new UnsupportedError("speak TLS", "a browser keeps its own to itself");
}

export function childProcess(): never {
  throw new UnsupportedError("start a process", "a browser has none");
}

export function stdio(): never {
  throw new UnsupportedError("use the standard streams", "a browser has none");
}

export function descriptor(): never {
  throw new UnsupportedError("use a descriptor", "a browser has none");
}

export function file(): never {
  throw new UnsupportedError("open a file", "a browser has none of the system's");
}
