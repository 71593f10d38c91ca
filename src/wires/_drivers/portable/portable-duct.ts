import { Socket } from "node:net";
import { ReadStream } from "node:tty";
import type { DescriptorKind } from "../descriptor-kind.ts";
import { reopenedToRead, reopenedToWrite } from "../descriptor-kind.ts";
import type { MakeIntake, MakeOutlet } from "../duct.ts";
import type { OpenedDuct, Ownership } from "../open-duct.ts";
import { UnreadOutlet } from "../unread-outlet.ts";
import { FileOutlet } from "./file-outlet.ts";
import { releaseOf } from "./release.ts";
import { StreamIntake } from "./stream-intake.ts";
import { StreamOutlet } from "./stream-outlet.ts";

/** A pipe, a socket or a terminal to read, as Node streams it. */
export function openPortableIntake(
  fd: number,
  kind: DescriptorKind,
  ownership: Ownership,
): OpenedDuct<MakeIntake> {
  const own = ownership === "shared" ? reopenedToRead(fd) : null;
  const isTaken = ownership === "shared" && own === null;
  const terminal = kind === "terminal" ? new ReadStream(own ?? fd) : undefined;
  const stream = terminal ?? new Socket({ fd: own ?? fd, readable: true, writable: false });
  return {
    make: (facts) => new StreamIntake(stream, facts),
    driver: "portable",
    isTaken,
    release: () => void stream.destroy(),
    ...(terminal && { terminal }),
  };
}

/** The same to write. */
export function openPortableOutlet(
  fd: number,
  kind: DescriptorKind,
  ownership: Ownership,
  endsShared: boolean,
): OpenedDuct<MakeOutlet> {
  const reopened = ownership === "shared" ? reopenedToWrite(fd) : null;
  if (reopened === "unread") {
    return {
      make: (facts) => new UnreadOutlet(facts),
      driver: "portable",
      isTaken: false,
      release: () => undefined,
    };
  }
  const own = reopened;
  const isTaken = ownership === "shared" && own === null;
  if (kind === "terminal") {
    // Node makes writing to a terminal block the loop; a full one is tried again instead.
    const release = releaseOf(own ?? fd, own === null ? ownership : "ours");
    return {
      make: (facts) => new FileOutlet(own ?? fd, facts, { position: null, release }),
      driver: "portable",
      isTaken: false,
      release,
    };
  }
  const stream = new Socket({ fd: own ?? fd, readable: false, writable: true });
  const keepsOpen = isTaken && !endsShared;
  return {
    make: (facts) => new StreamOutlet(stream, facts, keepsOpen),
    driver: "portable",
    isTaken,
    release: () => void stream.destroy(),
  };
}
