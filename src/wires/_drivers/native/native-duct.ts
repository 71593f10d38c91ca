import { ReadStream } from "node:tty";
import type { DescriptorKind } from "../descriptor-kind.ts";
import { reopenedToRead, reopenedToWrite } from "../descriptor-kind.ts";
import type { Intake, MakeIntake, MakeOutlet } from "../duct.ts";
import type { OpenedDuct, Ownership } from "../open-duct.ts";
import { destroyed } from "../portable/stream-intake.ts";
import type { Ends } from "../raw-socket.ts";
import { UnreadOutlet } from "../unread-outlet.ts";
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
  const own = kind === "socket" ? ownSocket(here, fd, ownership) : ownRead(here, fd, ownership);
  if (own === null) return null;
  const end = adoptEnd(here, own, TRAIT.reads | traitsOf(kind), own === fd);
  // Its raw mode is Node's to set, and to undo when the process ends.
  const again = kind === "terminal" && ownership === "shared" ? reopenedToRead(fd) : null;
  const terminal = again === null ? undefined : new ReadStream(again);
  return {
    make: (facts) => {
      const intake = new NativeIntake(here, end, facts);
      return terminal === undefined ? intake : withTerminal(intake, terminal);
    },
    driver: "native",
    isTaken: false,
    release: () => {
      terminal?.destroy();
      here.close(end.slot);
    },
    ...(terminal && { terminal }),
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
  const own = kind === "socket" ? ownSocket(here, fd, ownership) : ownWrite(here, fd, ownership);
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
    isTaken: false,
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
  return new NativeSocket(here, slot, ends, undefined, ownership === "shared");
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

function adopted(here: Reactor, fd: number, traits: number, isLeft: boolean): number {
  const slot = here.addon.adopt(fd, traits);
  if (slot >= 0) return slot;
  if (!isLeft) here.addon.closeDescriptor(fd);
  throw systemError(-slot, "adopt");
}

/** Whoever started us, or is started by us, may hold the same open file. */
function traitsOf(kind: DescriptorKind): number {
  const own = kind === "socket" ? TRAIT.socket : kind === "terminal" ? TRAIT.terminal : 0;
  return own | TRAIT.shared;
}

/** Each of its calls says that it does not wait: only the number has to be ours. */
function ownSocket(here: Reactor, fd: number, ownership: Ownership): number {
  if (ownership === "ours") return takenOver(here, fd);
  const own = here.addon.duplicate(fd);
  if (own < 0) throw systemError(-own, "dup");
  return own;
}

function ownRead(here: Reactor, fd: number, ownership: Ownership): number | null {
  return ownership === "shared" ? reopenedToRead(fd) : takenOver(here, fd);
}

function ownWrite(here: Reactor, fd: number, ownership: Ownership): number | "unread" | null {
  return ownership === "shared" ? reopenedToWrite(fd) : takenOver(here, fd);
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
