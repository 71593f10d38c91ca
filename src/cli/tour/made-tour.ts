import type { CloseReason } from "../../contract/index.ts";
import { describeReason } from "../../contract/index.ts";
import { Books } from "./books.ts";
import { Notes } from "./notes.ts";
import { Room } from "./room.ts";
import type { Screen } from "./screen.ts";
import { shortened, WIDTH } from "./screen.ts";
import type { Tour } from "./tour-context.ts";
import { MARK } from "./tour-context.ts";
import { Verdict } from "./verdict.ts";
import type { TourWire } from "./wires/tour-wire.ts";

/** A tour, and where what happens beside its acts is shown. */
export interface PlayedTour extends Tour {
  readonly notes: Notes;
}

/** Everything that the acts need, joined: who is lost is noted, and who comes is shown. */
export function makeTour(
  screen: Screen,
  wires: readonly TourWire[],
  folder: string,
  signal: AbortSignal,
): PlayedTour {
  const books = new Books();
  const verdict = new Verdict();
  const notes = new Notes(screen);
  const room = new Room(books, {
    memberLost: (wire, name, reason) => {
      const why = causeWords(reason);
      verdict.check(false, wire, `${name} is gone: ${why}`);
      screen.tell({ event: "memberLost", wire, member: name, reason: why });
      notes.always(screen.bad(shortened(`  ${MARK.broken} ${name} is gone: ${why}`, WIDTH)));
    },
    guestCame: (wire, name) => {
      screen.tell({ event: "guestCame", wire, name });
      notes.coming(`${name} came`);
    },
    guestLeft: (wire, name, reason, cut) => {
      screen.tell({ event: "guestLeft", wire, name, reason: describeReason(reason), cut });
      notes.coming(cut === undefined ? `${name} left` : `${name} was cut: ${cut}`);
    },
  });
  return { screen, room, books, verdict, notes, folder, wires, doors: [], signal };
}

/** A reason in a few words: `lost by peer, ERR_WIRE_PROCESS_EXIT, SIGKILL`. */
function causeWords({ by, code, exitCode, kind, signal }: CloseReason): string {
  const details = [code, signal, exitCode === undefined ? undefined : `exit ${exitCode}`];
  return [`${kind} by ${by}`, ...details.filter((detail) => detail !== undefined)].join(", ");
}
