import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { DescriptorKind } from "../descriptor-kind.ts";
import { isTerminalMaster, reopenedToRead, reopenedToWrite } from "../descriptor-kind.ts";
import type { Intake, MakeIntake, MakeOutlet } from "../duct.ts";
import type { OpenedDuct, Ownership } from "../open-duct.ts";
import { destroyed } from "../portable/stream-intake.ts";
import type { Ends } from "../raw-socket.ts";
import { UnreadOutlet } from "../unread-outlet.ts";
import type { Addon } from "./addon.ts";
import { addon, whyNotNative } from "./addon.ts";
import type { SlotEnd } from "./native-intake.ts";
import { NativeIntake } from "./native-intake.ts";
import { NativeOutlet } from "./native-outlet.ts";
import { NativeSocket } from "./native-socket.ts";
import type { Reactor } from "./reactor.ts";
import { reactor } from "./reactor.ts";
import { TRAIT } from "./slot-traits.ts";
import { systemError } from "./system-error.ts";

/**
 * A pipe, a socket or a terminal to read, in a slot of the reactor; `null` where it is shared, and
 * cannot be had without making it non-blocking for all.
 *
 * @throws the system's error.
 */
export function openNativeIntake(
  fd: number,
  kind: DescriptorKind,
  ownership: Ownership,
): OpenedDuct<MakeIntake> | null {
  const here = reactor();
  const own = ownDescriptor(here, fd, kind, ownership, reopenedToRead);
  if (own === null) return null;
  const end = adoptEnd(here, own, TRAIT.reads | traitsOf(kind), own === fd);
  // Its raw mode is Node's to set, and to undo when the process ends.
  const terminal =
    kind === "terminal" && ownership === "shared" ? streamOf(fd, () => here.close(end.slot)) : null;
  return {
    make: (facts) => {
      const intake = new NativeIntake(here, end, facts);
      return terminal === null ? intake : withTerminal(intake, terminal);
    },
    driver: "native",
    isTaken: isTaken(fd, kind, ownership),
    release: () => {
      terminal?.destroy();
      here.close(end.slot);
    },
    ...(terminal !== null && { terminal }),
  };
}

/** The same to write. */
export function openNativeOutlet(
  fd: number,
  kind: DescriptorKind,
  ownership: Ownership,
  endsShared: boolean,
): OpenedDuct<MakeOutlet> | null {
  const here = reactor();
  const own = ownDescriptor(here, fd, kind, ownership, reopenedToWrite);
  if (own === null) return null;
  if (own === "unread") {
    return {
      make: (facts) => new UnreadOutlet(facts),
      driver: "native",
      isTaken: false,
      release: () => undefined,
    };
  }
  const end = adoptEnd(here, own, TRAIT.writes | TRAIT.oneWay | traitsOf(kind), own === fd);
  const isShut = kind === "socket" && (ownership === "ours" || endsShared);
  const ending = kind !== "socket" ? "close" : isShut ? "shutdown" : "leave";
  return {
    make: (facts) => new NativeOutlet(here, end, facts, ending),
    driver: "native",
    isTaken: isTaken(fd, kind, ownership),
    release: () => here.close(end.slot),
  };
}

/**
 * A socket for both directions.
 *
 * @throws the system's error.
 */
export function adoptSocket(fd: number, ownership: Ownership, ends: Ends): NativeSocket {
  const here = reactor();
  const { reads, writes } = TRAIT;
  const own = ownSocket(here, fd, ownership);
  const slot = adopted(here, own, reads | writes | traitsOf("socket"), own === fd);
  const ending = ownership === "shared" ? "leave" : "shutdown";
  return new NativeSocket(here, slot, ends, { ending });
}

/** Another number for the same open file; `null` where the compiled part is not here. */
export function duplicateOf(fd: number): number | null {
  return whyNotNative() === null ? duplicated(addon(), fd) : null;
}

/**
 * Puts a descriptor of ours in a slot, which closes it; it keeps the process while it moves bytes,
 * not while it is open.
 *
 * @throws the system's error; the descriptor is closed then, as it would be later, unless it
 *   `isLeft` to whoever gave it.
 */
export function adoptEnd(here: Reactor, fd: number, traits: number, isLeft = false): SlotEnd {
  const slot = adopted(here, fd, traits, isLeft);
  here.addon.keepProcess(slot, false);
  return { fd, slot };
}

/**
 * The slot of a descriptor of ours, which closes it.
 *
 * @param isLeft whether it stays open when it cannot be had.
 * @throws the system's error.
 */
export function adopted(
  here: Reactor,
  fd: number,
  traits: number,
  isLeft: boolean = false,
): number {
  const slot = here.addon.adopt(fd, traits);
  if (slot >= 0) return slot;
  if (!isLeft) here.addon.closeDescriptor(fd);
  throw systemError(-slot, "adopt");
}

/** The terminal as Node has it; `failed` is called before the error is thrown. */
function streamOf(fd: number, failed: () => void): ReadStream | null {
  const again = reopenedToRead(fd);
  if (again === null) return null;
  try {
    return new ReadStream(again);
  } catch (error) {
    closeSync(again);
    failed();
    throw error;
  }
}

/** Whoever started us, or is started by us, may hold the same open file. */
function traitsOf(kind: DescriptorKind): number {
  const own = kind === "socket" ? TRAIT.socket : kind === "terminal" ? TRAIT.terminal : 0;
  return own | TRAIT.shared;
}

function ownDescriptor<Opened>(
  here: Reactor,
  fd: number,
  kind: DescriptorKind,
  ownership: Ownership,
  reopen: (fd: number) => Opened,
): number | Opened {
  if (kind === "socket") return ownSocket(here, fd, ownership);
  if (ownership === "ours") return takenOver(here, fd);
  if (isTaken(fd, kind, ownership)) return takenDuplicate(here, fd);
  return reopen(fd);
}

/** Whether the others who have it cannot be spared that it is made non-blocking. */
function isTaken(fd: number, kind: DescriptorKind, ownership: Ownership): boolean {
  return ownership === "shared" && kind === "terminal" && isTerminalMaster(fd);
}

/** Each of its calls says that it does not wait: only the number has to be ours. */
function ownSocket(here: Reactor, fd: number, ownership: Ownership): number {
  return ownership === "ours" ? takenOver(here, fd) : duplicated(here.addon, fd);
}

function duplicated({ duplicate }: Addon, fd: number): number {
  const own = duplicate(fd);
  if (own < 0) throw systemError(-own, "dup");
  return own;
}

function takenDuplicate(here: Reactor, fd: number): number {
  const own = duplicated(here.addon, fd);
  try {
    return takenOver(here, own);
  } catch (error) {
    here.addon.closeDescriptor(own);
    throw error;
  }
}

function takenOver(here: Reactor, fd: number): number {
  const failure = here.addon.takeOver(fd);
  if (failure < 0) throw systemError(-failure, "fcntl");
  return fd;
}

/** The same intake, whose end lets go of the terminal as well. */
function withTerminal(intake: NativeIntake, terminal: ReadStream): Intake {
  return {
    read: () => intake.read(),
    pause: () => intake.pause(),
    unread: () => intake.unread(),
    close: (done) => intake.close(() => destroyed(terminal, done)),
  };
}
