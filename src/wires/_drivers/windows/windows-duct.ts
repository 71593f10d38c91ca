import { Socket } from "node:net";
import { ReadStream, WriteStream } from "node:tty";
import { UnsupportedError } from "../../../contract/index.ts";
import { kindOf } from "../descriptor-kind.ts";
import type { MakeIntake, MakeOutlet } from "../duct.ts";
import type { OpenedDuct, Ownership } from "../open-duct.ts";
import { FileIntake } from "../portable/file-intake.ts";
import { FileOutlet } from "../portable/file-outlet.ts";
import { releaseOf } from "../portable/release.ts";
import { StreamIntake } from "../portable/stream-intake.ts";
import { StreamOutlet } from "../portable/stream-outlet.ts";

/**
 * The descriptors of Windows: numbers of the C library over handles, nothing of which is ever made
 * non-blocking. Of a standard stream Node takes a duplicate, so that closing ours leaves it.
 *
 * @throws the system's error when `fd` is none, or cannot be read.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED for a shared pipe that is no standard stream.
 */
export function openWindowsIntake(
  fd: number,
  ownership: Ownership,
  follow: boolean,
): OpenedDuct<MakeIntake> {
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    const options = { position: follow ? 0 : null, follow, release };
    const make: MakeIntake = (facts) => new FileIntake(fd, facts, options);
    return { make, driver: null, isTaken: false, release };
  }
  refuseShared(fd, ownership);
  if (kind === "terminal") {
    const terminal = new ReadStream(fd);
    const release = (): void => void terminal.destroy();
    return {
      make: (facts) => new StreamIntake(terminal, facts),
      driver: "portable",
      isTaken: false,
      terminal,
      release,
    };
  }
  const stream = new Socket({ fd, readable: true, writable: false });
  const release = (): void => void stream.destroy();
  const make: MakeIntake = (facts) => new StreamIntake(stream, facts);
  return { make, driver: "portable", isTaken: false, release };
}

/**
 * @param endsShared whether the end of this direction is to be the end for whoever shares it, too.
 * @throws as `openWindowsIntake`.
 */
export function openWindowsOutlet(
  fd: number,
  ownership: Ownership,
  endsShared: boolean,
): OpenedDuct<MakeOutlet> {
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    const options = { position: null, release };
    const make: MakeOutlet = (facts) => new FileOutlet(fd, facts, options);
    return { make, driver: null, isTaken: false, release };
  }
  refuseShared(fd, ownership);
  // What a console shows is text to Windows: Node translates it, which plain writing would not.
  const stream =
    kind === "terminal" ? new WriteStream(fd) : new Socket({ fd, readable: false, writable: true });
  const keepsOpen = kind === "terminal" || (ownership === "shared" && !endsShared);
  const release = (): void => void stream.destroy();
  const make: MakeOutlet = (facts) => new StreamOutlet(stream, facts, keepsOpen);
  return { make, driver: "portable", isTaken: false, release };
}

/** Node duplicates standard streams, and closes any other descriptor with its stream. */
function refuseShared(fd: number, ownership: Ownership): void {
  if (ownership === "ours" || fd <= 2) return;
  const why = "on Windows only 0, 1 and 2 can be used without being closed afterwards";
  throw new UnsupportedError(`share descriptor ${fd}`, why);
}
