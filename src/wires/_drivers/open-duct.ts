import type { ReadStream } from "node:tty";
import type { DriverName } from "../../contract/index.ts";
import { kindOf } from "./descriptor-kind.ts";
import type { MakeIntake, MakeOutlet } from "./duct.ts";
import { openNativeIntake, openNativeOutlet } from "./native/native-duct.ts";
import { FileIntake } from "./portable/file-intake.ts";
import { FileOutlet } from "./portable/file-outlet.ts";
import { openPortableIntake, openPortableOutlet } from "./portable/portable-duct.ts";
import { releaseOf } from "./portable/release.ts";
import { openWindowsIntake, openWindowsOutlet } from "./windows/windows-duct.ts";

/**
 * Whose a descriptor is: `"ours"`, it is closed when its direction is over; `"shared"`, others use
 * it too, so it is neither closed nor, where that can be helped, made non-blocking.
 */
export type Ownership = "ours" | "shared";

/** One direction over a descriptor, and what could not be helped. */
export interface OpenedDuct<M> {
  readonly make: M;
  /** What carries it; `null` for a file or a device, which goes through the thread pool. */
  readonly driver: DriverName | null;
  /** It is shared and had to be made non-blocking: it could not be opened anew. */
  readonly isTaken: boolean;
  /** Lets go of it, where `make` was never called. */
  readonly release: () => void;
  /** The stream of a terminal that is read, for its raw mode. */
  readonly terminal?: ReadStream;
}

export interface IntakeOptions {
  readonly driver: DriverName;
  readonly ownership: Ownership;
  /** At the end of a file wait for more. */
  readonly follow?: boolean;
}

export interface OutletOptions {
  readonly driver: DriverName;
  readonly ownership: Ownership;
  /** Whether the end of this direction is to be the end for whoever shares it, too. */
  readonly endsShared?: boolean;
  /** Of a file: where to begin. Default `null`: where the descriptor stands, which it moves. */
  readonly position?: number | null;
}

/**
 * What the native driver cannot open without changing it for others, the portable one takes.
 *
 * @throws the system's error when `fd` is none, or cannot be read; it is left open then.
 */
export function openIntake(fd: number, options: IntakeOptions): OpenedDuct<MakeIntake> {
  const { driver, ownership, follow = false } = options;
  if (process.platform === "win32") return openWindowsIntake(fd, ownership, follow);
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    return {
      make: (facts) => new FileIntake(fd, facts, { position: follow ? 0 : null, follow, release }),
      driver: null,
      isTaken: false,
      release,
    };
  }
  const native = driver === "native" ? openNativeIntake(fd, kind, ownership) : null;
  return native ?? openPortableIntake(fd, kind, ownership);
}

/**
 * As `openIntake`.
 *
 * @throws the system's error when `fd` is none, or cannot be written; it is left open then.
 */
export function openOutlet(fd: number, options: OutletOptions): OpenedDuct<MakeOutlet> {
  const { driver, ownership, endsShared = false, position = null } = options;
  if (process.platform === "win32") return openWindowsOutlet(fd, ownership, endsShared);
  const kind = kindOf(fd);
  if (kind === "file" || kind === "device") {
    const release = releaseOf(fd, ownership);
    return {
      make: (facts) => new FileOutlet(fd, facts, { position, release }),
      driver: null,
      isTaken: false,
      release,
    };
  }
  const native = driver === "native" ? openNativeOutlet(fd, kind, ownership, endsShared) : null;
  return native ?? openPortableOutlet(fd, kind, ownership, endsShared);
}

/** Which driver carries a connection of these: the portable one if it had to take any. */
export function driverOf(
  asked: DriverName,
  ducts: readonly (Pick<OpenedDuct<unknown>, "driver"> | null)[],
): DriverName {
  return ducts.some((duct) => duct?.driver === "portable") ? "portable" : asked;
}
