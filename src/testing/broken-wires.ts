import { brokenCloses } from "./broken/broken-closes.ts";
import { brokenDescriptors } from "./broken/broken-descriptors.ts";
import { brokenEndpoints } from "./broken/broken-endpoints.ts";
import { brokenEnds } from "./broken/broken-ends.ts";
import { brokenHalves } from "./broken/broken-halves.ts";
import { brokenLimits } from "./broken/broken-limits.ts";
import { brokenProducers } from "./broken/broken-producers.ts";
import { brokenReads } from "./broken/broken-reads.ts";
import { brokenWrites } from "./broken/broken-writes.ts";
import { damagedWire } from "./broken/damaged-wire.ts";
import type { Fault } from "./broken/fault.ts";
import type { WireUnderTest } from "./wire-under-test.ts";

/** A wire that is right but for one stated fault, and the case that catches it. */
export interface BrokenWire {
  /** The id of the case that must fail. */
  readonly caught: string;
  /** What is wrong with it, as a sentence about the wire. */
  readonly fault: string;
  readonly wire: WireUnderTest;
}

const faults: readonly Fault[] = [
  ...brokenWrites,
  ...brokenCloses,
  ...brokenReads,
  ...brokenLimits,
  ...brokenProducers,
  ...brokenHalves,
  ...brokenEnds,
  ...brokenEndpoints,
];

/** A broken wire for every case of the suite: what proves that the suite can see. */
export const brokenWires: readonly BrokenWire[] = [
  ...faults.map(({ caught, fault, damage }) => ({
    caught,
    fault,
    wire: damagedWire(`broken: ${fault}`, damage),
  })),
  ...brokenDescriptors,
];
