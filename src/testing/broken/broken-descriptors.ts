import type { BrokenWire } from "../broken-wires.ts";
import type { PassingFault } from "../passing-wire.ts";
import { passingWire } from "../passing-wire.ts";

/** Faults of what travels with the bytes. */
export const brokenDescriptors: readonly BrokenWire[] = [
  passing("descriptor.ahead", "a descriptor comes behind its byte", { isBehind: true }),
  passing("descriptor.paused", "a pause does not hold descriptors", { ignoresPause: true }),
  passing("descriptor.unclaimed", "what nobody takes stays open", { keepsUnclaimed: true }),
  passing("descriptor.overrun", "a close does not tell of those left behind", {
    reason: ({ ledger }) => ({ kind: "done", by: "us", ledger }),
  }),
];

function passing(caught: string, fault: string, what: PassingFault): BrokenWire {
  return { caught, fault, wire: passingWire(`broken: ${fault}`, what) };
}
