import { close, constants } from "node:fs";
import { Socket } from "node:net";
import { ReadStream } from "node:tty";
import { openWindowsIntake, openWindowsOutlet } from "../windows/windows-duct.ts";
import { kindOf, reopened, reopenedToRead } from "./descriptor-kind.ts";
import type { MakeIntake, MakeOutlet } from "./duct.ts";
import { FileIntake } from "./file-intake.ts";
import { FileOutlet } from "./file-outlet.ts";
import { StreamIntake } from "./stream-intake.ts";
import { StreamOutlet } from "./stream-outlet.ts";

/**
 * Whose a descriptor is: `"ours"`, it is closed when its direction is over; `"shared"`, others use
 * it too, so it is neither closed nor, where that can be helped, made non-blocking.
 */
export type Ownership = "ours" | "shared";

/** One direction over a descriptor, and what could not be helped. */
export interface OpenedDuct<M> {
  readonly make: M;
  /** It is shared and had to be made non-blocking: it could not be opened anew. */
  readonly isTaken: boolean;
  /** Lets go of it, where `make` was never called. */
  readonly release: () => void;
  /** The stream of a terminal that is read, for its raw mode. */
  readonly terminal?: ReadStream;
}

/** @throws the system's error when `fd` is none, or cannot be read. */
export function openIntake(
  fd: number,
  ownership: Ownership,
  follow = false,
): OpenedDuct<MakeIntake> {
  if (process.platform === "win32") return openWindowsIntake(fd, ownership, follow);
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    return {
      make: (facts) => new FileIntake(fd, facts, { position: follow ? 0 : null, follow, release }),
      isTaken: false,
      release,
    };
  }
  const own = ownership === "shared" ? reopenedToRead(fd) : null;
  const isTaken = ownership === "shared" && own === null;
  if (kind === "terminal") {
    const terminal = new ReadStream(own ?? fd);
    const release = (): void => void terminal.destroy();
    return { make: (facts) => new StreamIntake(terminal, facts), isTaken, terminal, release };
  }
  const stream = new Socket({ fd: own ?? fd, readable: true, writable: false });
  return {
    make: (facts) => new StreamIntake(stream, facts),
    isTaken,
    release: () => void stream.destroy(),
  };
}

/**
 * @param endsShared whether the end of this direction is to be the end for whoever shares it, too.
 * @throws the system's error when `fd` is none, or cannot be written.
 */
export function openOutlet(
  fd: number,
  ownership: Ownership,
  endsShared = false,
): OpenedDuct<MakeOutlet> {
  if (process.platform === "win32") return openWindowsOutlet(fd, ownership, endsShared);
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    return {
      make: (facts) => new FileOutlet(fd, facts, { position: null, release }),
      isTaken: false,
      release,
    };
  }
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const own = ownership === "shared" ? reopened(fd, flags) : null;
  const isTaken = ownership === "shared" && own === null;
  if (kind === "terminal") {
    // Node makes writing to a terminal block the loop; a full one is tried again instead.
    const release = releaseOf(own ?? fd, own === null ? ownership : "ours");
    return {
      make: (facts) => new FileOutlet(own ?? fd, facts, { position: null, release }),
      isTaken: false,
      release,
    };
  }
  const stream = new Socket({ fd: own ?? fd, readable: false, writable: true });
  const keepsOpen = isTaken && !endsShared;
  return {
    make: (facts) => new StreamOutlet(stream, facts, keepsOpen),
    isTaken,
    release: () => void stream.destroy(),
  };
}

function releaseOf(fd: number, ownership: Ownership): (done?: () => void) => void {
  const nothing = (): void => undefined;
  if (ownership === "shared") return (done = nothing) => void setImmediate(done);
  return (done = nothing) => close(fd, () => void setImmediate(done));
}
