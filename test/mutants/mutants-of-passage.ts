import type { Mutant } from "./mutant.ts";

/** Guards of a join's shortcut: when it may be taken, and the account of it. */
export const MUTANTS_OF_PASSAGE: readonly Mutant[] = [
  guard({
    id: "passage.observedIn",
    find: "inflow.isEmpty && !observers.seeEach",
    replace: "inflow.isEmpty",
    guards: "An observer of the side that is read sees each byte.",
  }),
  guard({
    id: "passage.observedOut",
    find: "out.hasRiders || observers.seeEach",
    replace: "out.hasRiders",
    guards: "An observer of the side that is written to sees each byte.",
  }),
  guard({
    id: "passage.protocol",
    find: " || seat.protocol !== this.#protocol",
    replace: "",
    guards: "Another protocol gets its bytes.",
  }),
  guard({
    id: "passage.behindTheQueue",
    find: "out.pending !== this.#heldBytes || ",
    replace: "",
    guards: "Bytes that went past do not overtake what is queued.",
  }),
  guard({
    id: "passage.toldOnClose",
    find: "this.#isOpen = false;\n        this.#enter();",
    replace: "this.#isOpen = false;",
    guards: "What had gone when it was closed is in the ledgers at once.",
  }),
  guard({
    id: "passage.settles",
    find: "this.#to.settle();",
    replace: "",
    guards: "What was handed over lets an end that waits for it go on.",
  }),
  guard({
    id: "passage.stall",
    find: "this.#to.bounds.queued();",
    replace: "",
    guards: "What is held and not taken is a stall.",
  }),
  guard({
    id: "passage.received",
    find: "this.#from.bounds.received();",
    replace: "",
    guards: "Bytes that are read keep their side from being idle.",
  }),
  guard({
    id: "passage.sent",
    find: "this.#to.bounds.sent(this.#to.out.pending > 0);",
    replace: "",
    guards: "Bytes that are handed over keep their side from being idle, or stalled.",
  }),
  guard({
    id: "passage.refused",
    find: "this.#isRefused = !this.#isOpen;",
    replace: "",
    guards: "A shortcut that cannot be had is not asked for again and again.",
  }),
  guard({
    id: "passage.mark",
    find: "open(this.#to.limits.writeHigh)",
    replace: "open(2 ** 30)",
    guards: "No more is held than the mark of the side that is written to.",
  }),
  guard({
    id: "passage.smallMark",
    find: "return limits.writeHigh >= SHORTCUT_HOLDS_MIN;",
    replace: "return true;",
    guards: "A mark too low for a read is kept by small ones.",
  }),
  guard({
    id: "passage.once",
    find: "from.outlet !== null || to.inlet !== null",
    replace: "false",
    guards: "Bytes of one side go to one other.",
  }),
  guard({
    id: "passage.closedByWrites",
    file: "asks.js",
    find: "this.#course.inlet?.close();\n            return true;",
    replace: "return true;",
    guards: "What is written goes behind what is held, and has the wire to itself.",
  }),
  guard({
    id: "passage.closedByRiders",
    file: "asks.js",
    find: "this.#course.inlet?.close();\n        out.riders.push(rider);",
    replace: "out.riders.push(rider);",
    guards: "A rider goes behind what is held.",
  }),
  guard({
    id: "passage.closedByOurEnd",
    file: "asks.js",
    find: "inlet?.close();\n        verdict.ended",
    replace: "verdict.ended",
    guards: "Our end goes behind all that had gone, told or not.",
  }),
  guard({
    id: "passage.closedByOver",
    file: "flow.js",
    find: "course.closePassages();",
    replace: "",
    guards: "When a wire is over, all that had gone is in the reason.",
  }),
  guard({
    id: "passage.closedByLeaving",
    file: "course.js",
    find: 'this.closePassages();\n        this.life.step("leave");',
    replace: 'this.life.step("leave");',
    guards: "When a connection is cut, all that had gone is in the reason.",
  }),
];

/** The tests of flow must catch it: no wire of the conformance suite has a shortcut. */
function guard(mutant: Omit<Mutant, "by" | "file"> & { readonly file?: string }): Mutant {
  return { file: "passage.js", ...mutant, by: "flow" };
}
