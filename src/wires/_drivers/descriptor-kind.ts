import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { isatty } from "node:tty";
import { errnoOf } from "./errno.ts";

/** What a descriptor leads to, as far as it matters how it is read and written. */
export type DescriptorKind = "file" | "pipe" | "socket" | "terminal" | "device";

/**
 * @throws the system's error when there is no such descriptor, EISDIR when it is a directory's, and
 *   ENOSTR when it is nothing that bytes go through, such as what the event loop waits on.
 */
export function kindOf(fd: number): DescriptorKind {
  const stats = fstatSync(fd);
  // Node says of no descriptor on Windows that it is a pipe; the system does.
  if (stats.isFIFO() || (stats.mode & FILE_TYPE_BITS) === PIPE_BITS) return "pipe";
  if (stats.isSocket()) return "socket";
  if (isatty(fd)) return "terminal";
  if (stats.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
  if (stats.isFile()) return "file";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "device";
  throw Object.assign(new Error("not a stream"), { code: "ENOSTR" });
}

const FILE_TYPE_BITS = 0o170_000;
const PIPE_BITS = 0o010_000;

/** Which ways a descriptor goes; `null` where the system does not tell. */
export function waysOf(fd: number): { readonly reads: boolean; readonly writes: boolean } | null {
  const opened = infoOf(fd);
  if (opened === null) return null;
  const mode = opened.flags & 3;
  return { reads: mode !== 1, writes: mode !== 0 };
}

/** How what `fd` leads to is written when it is opened anew, so that it is as through `fd`. */
export interface WritingPlace {
  /** To open it with, besides. */
  readonly flags: number;
  /** Where it stands; `null` where it has no place, or is written at its end. */
  readonly position: number | null;
}

export function writingPlaceOf(fd: number): WritingPlace {
  const { O_APPEND, O_DSYNC, O_SYNC } = constants;
  const opened = infoOf(fd);
  if (opened === null) return { flags: 0, position: null };
  const stats = fstatSync(fd);
  const isPlaced = (stats.isFile() || stats.isBlockDevice()) && (opened.flags & O_APPEND) === 0;
  return {
    flags: opened.flags & (O_APPEND | O_DSYNC | O_SYNC),
    position: isPlaced ? opened.position : null,
  };
}

/** `null` where the system does not tell. */
function infoOf(fd: number): { readonly flags: number; readonly position: number } | null {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    const position = /^pos:\s*(\d+)$/m.exec(info)?.[1];
    if (flags === undefined || position === undefined) return null;
    return { flags: Number.parseInt(flags, 8), position: Number(position) };
  } catch {
    return null;
  }
}

/**
 * Opens what `fd` leads to once more, so that ours can be made non-blocking without theirs becoming
 * so; `null` where the system cannot (a socket, a terminal's master, another user's pipe, no
 * /proc).
 */
export function reopened(fd: number, flags: number): number | null {
  try {
    if (isTerminalMaster(fd)) return null;
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch {
    return null;
  }
}

/** The same, to read. */
export function reopenedToRead(fd: number): number | null {
  const { O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
  const own = reopened(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (own === null || !isNamedPipe(fd)) return own;
  // Whoever opens a named pipe anew sees no end before a writer came and left: those that left
  // before do not count. So one comes and leaves.
  const writer = reopened(fd, O_WRONLY | O_NONBLOCK);
  if (writer === null) {
    closeSync(own);
    return null;
  }
  closeSync(writer);
  return own;
}

/** The same, to write; `"unread"` for a pipe that nobody reads. */
export function reopenedToWrite(fd: number): number | "unread" | null {
  const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;
  try {
    if (isTerminalMaster(fd)) return null;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const isUnread = error instanceof Error && errnoOf(error) === "ENXIO" && kindOf(fd) === "pipe";
    return isUnread ? "unread" : null;
  }
}

/** The master of a pseudo-terminal: opened anew, it would be that of another terminal. */
export function isTerminalMaster(fd: number): boolean {
  try {
    return process.platform === "linux" && readlinkSync(`/proc/self/fd/${fd}`).endsWith("/ptmx");
  } catch {
    // Without /proc nothing is opened anew.
    return false;
  }
}

function isNamedPipe(fd: number): boolean {
  return fstatSync(fd).isFIFO() && !readlinkSync(`/proc/self/fd/${fd}`).startsWith("pipe:[");
}
