import type { Books } from "./books.ts";
import type { Member } from "./members/member.ts";
import type { Room } from "./room.ts";
import type { Screen } from "./screen.ts";
import type { Verdict } from "./verdict.ts";
import type { OpenWire, TourWire } from "./wires/tour-wire.ts";

/** What every act has. */
export interface Tour {
  readonly screen: Screen;
  readonly room: Room;
  readonly books: Books;
  readonly verdict: Verdict;
  /** A folder of the tour's own, gone when it ends. */
  readonly folder: string;
  readonly wires: readonly TourWire[];
  /** Those on which the room is open, with who came by them; filled by the first act. */
  readonly doors: Door[];
  /** Aborted when somebody asks to stop: an act lets go of everything then. */
  readonly signal: AbortSignal;
}

/** A wire on which the room is open. */
export interface Door {
  readonly wire: TourWire;
  readonly open: OpenWire;
  /** As the room calls its member: `carol@unix`. */
  readonly name: string;
  /** The member, where it lives in this process. */
  readonly member: Member | null;
}

export const MARK = { held: "✓", broken: "✗", absent: "–" } as const;
