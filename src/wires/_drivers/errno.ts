import { errnoOf } from "../../bridges/cause-of-loss.ts";
import type { WireErrorCode } from "../../contract/index.ts";

export { causeOfLoss, errnoOf } from "../../bridges/cause-of-loss.ts";

/**
 * What the system's error numbers mean to whoever connects or listens; what they mean to a live
 * connection is `causeOfLoss`.
 *
 * Texts continue "Cannot connect to …:" and "Cannot listen on …:", and say what to do.
 */
export interface Meaning {
  readonly code: WireErrorCode;
  readonly why: string;
}

/** What `error` means for an attempt to connect. */
export function meaningForConnect(error: Error): Meaning {
  return CONNECT.get(errnoOf(error)) ?? unknown(error);
}

/** What `error` means for listening. */
export function meaningForListen(error: Error): Meaning {
  return LISTEN.get(errnoOf(error)) ?? unknown(error);
}

/** What `error` means for starting a program. */
export function meaningForSpawn(error: Error): Meaning {
  return SPAWN.get(errnoOf(error)) ?? unknown(error);
}

/** What `error` means for opening a file. */
export function meaningForOpen(error: Error): Meaning {
  return OPEN.get(errnoOf(error)) ?? unknown(error);
}

/** What `error` means for using a descriptor that is there, or should be. */
export function meaningForDescriptor(error: Error, fd: number): Meaning {
  if (errnoOf(error) !== "EBADF") return meaningForOpen(error);
  return { code: "ERR_WIRE_REFUSED", why: `descriptor ${fd} is not open` };
}

function unknown(error: Error): Meaning {
  return { code: "ERR_WIRE_BROKEN", why: error.message };
}

const NO_DESCRIPTORS: Meaning = {
  code: "ERR_WIRE_BROKEN",
  why: "no descriptor is left; raise the limit (ulimit -n) or keep fewer connections open",
};

const UNRESOLVED: Meaning = {
  code: "ERR_WIRE_RESOLVE",
  why: "the name does not resolve to an address; check its spelling and the resolver",
};

const RESOLVER_FAILED: Meaning = {
  code: "ERR_WIRE_RESOLVE",
  why: "the resolver gave no answer; check that it can be reached, and try again",
};

const NO_ROUTE: Meaning = {
  code: "ERR_WIRE_BROKEN",
  why: "the network has no way there; check the address and the routes",
};

const NO_FAMILY: Meaning = {
  code: "ERR_WIRE_UNSUPPORTED",
  why: "this machine does not speak that address family",
};

const BOTH: readonly (readonly [string, Meaning])[] = [
  ["EMFILE", NO_DESCRIPTORS],
  ["ENFILE", NO_DESCRIPTORS],
  ["EAFNOSUPPORT", NO_FAMILY],
  ["ENOTFOUND", UNRESOLVED],
  ["ENODATA", UNRESOLVED],
  ["EAI_NONAME", UNRESOLVED],
  ["EAI_NODATA", UNRESOLVED],
  ["EAI_AGAIN", RESOLVER_FAILED],
  ["EAI_FAIL", RESOLVER_FAILED],
  [
    "EADDRNOTAVAIL",
    { code: "ERR_WIRE_BROKEN", why: "the local address is not one of this machine, or is used up" },
  ],
];

const CONNECT: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...BOTH,
  [
    "ECONNREFUSED",
    {
      code: "ERR_WIRE_REFUSED",
      why: "nobody is listening there; start the server, then try again",
    },
  ],
  [
    "ENOENT",
    { code: "ERR_WIRE_REFUSED", why: "nothing is there; start the server, or fix the path" },
  ],
  ["ENOTDIR", { code: "ERR_WIRE_REFUSED", why: "a part of the path is not a directory" }],
  ["EAGAIN", { code: "ERR_WIRE_REFUSED", why: "the server is there but its queue is full" }],
  ["EACCES", { code: "ERR_WIRE_PERMISSION", why: "you may not; ask for write permission there" }],
  [
    "EPERM",
    { code: "ERR_WIRE_PERMISSION", why: "the system forbids it (a firewall, or a policy)" },
  ],
  ["ETIMEDOUT", { code: "ERR_WIRE_TIMEOUT", why: "nothing answers there" }],
  ["ECONNRESET", { code: "ERR_WIRE_RESET", why: "the peer reset the connection at its beginning" }],
  [
    "EADDRINUSE",
    { code: "ERR_WIRE_ADDRESS_IN_USE", why: "the local address or port is taken; choose another" },
  ],
  ["EPROTOTYPE", { code: "ERR_WIRE_UNSUPPORTED", why: "the socket there is not a stream socket" }],
  ["EHOSTUNREACH", NO_ROUTE],
  ["ENETUNREACH", NO_ROUTE],
  ["ENETDOWN", { code: "ERR_WIRE_BROKEN", why: "the network is down" }],
]);

const LISTEN: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...BOTH,
  [
    "EADDRINUSE",
    {
      code: "ERR_WIRE_ADDRESS_IN_USE",
      why: "something listens there already; stop it, or choose another",
    },
  ],
  [
    "EACCES",
    {
      code: "ERR_WIRE_PERMISSION",
      why: "you may not; choose a port from 1024 up, or a directory of yours",
    },
  ],
  ["EPERM", { code: "ERR_WIRE_PERMISSION", why: "the system forbids it" }],
  ["EROFS", { code: "ERR_WIRE_PERMISSION", why: "the file system is read-only" }],
  ["ENOTDIR", { code: "ERR_WIRE_BROKEN", why: "a part of the path is not a directory" }],
]);

const SPAWN: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...BOTH,
  ["ENOENT", { code: "ERR_WIRE_REFUSED", why: "there is no such program" }],
  ["ENOTDIR", { code: "ERR_WIRE_REFUSED", why: "a part of its path is not a directory" }],
  [
    "EACCES",
    {
      code: "ERR_WIRE_PERMISSION",
      why: "it may not be run; is it executable, and not a directory?",
    },
  ],
  ["EPERM", { code: "ERR_WIRE_PERMISSION", why: "the system forbids it" }],
  ["ENOEXEC", { code: "ERR_WIRE_REFUSED", why: "it is no program that this machine can run" }],
  ["E2BIG", { code: "ERR_WIRE_LIMIT", why: "its arguments and environment are too long" }],
  [
    "EAGAIN",
    {
      code: "ERR_WIRE_BROKEN",
      why: "no process is left; raise the limit (ulimit -u) or run fewer",
    },
  ],
]);

const OPEN: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["EMFILE", NO_DESCRIPTORS],
  ["ENFILE", NO_DESCRIPTORS],
  ["ENOENT", { code: "ERR_WIRE_REFUSED", why: "it is not there, or its directory is not" }],
  ["ENOTDIR", { code: "ERR_WIRE_REFUSED", why: "a part of the path is not a directory" }],
  ["EISDIR", { code: "ERR_WIRE_REFUSED", why: "it is a directory" }],
  ["EEXIST", { code: "ERR_WIRE_REFUSED", why: "it is there already" }],
  ["ENOSTR", { code: "ERR_WIRE_REFUSED", why: "it is no file, pipe, socket, terminal or device" }],
  ["EACCES", { code: "ERR_WIRE_PERMISSION", why: "you may not; ask for permission to the file" }],
  ["EPERM", { code: "ERR_WIRE_PERMISSION", why: "the system forbids it" }],
  ["EROFS", { code: "ERR_WIRE_PERMISSION", why: "the file system is read-only" }],
  ["ENOSPC", { code: "ERR_WIRE_BROKEN", why: "the disk is full" }],
]);
