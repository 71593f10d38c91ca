import type { Facts, Wire } from "../../src/flow/index.ts";
import { seededChance, Trace, VirtualRuntime, Weather } from "../../src/memory/index.ts";
import { loopbackWire } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";

/**
 * A loopback that stops reading a turn late, as a wire does that reports the rest of a batch: what
 * arrives after a pause is flow's to keep, in order.
 */
const runtime = new VirtualRuntime();
const chance = seededChance(1);
const calm = new Weather({ runtime, chance, trace: new Trace(), faults: [] });

const pausingLate =
  (make: (facts: Facts) => Wire) =>
  (facts: Facts): Wire => {
    const wire = make(facts);
    let isReading = false;
    return {
      get host() {
        return wire.host;
      },
      get peer() {
        return wire.peer;
      },
      send: (chunks) => wire.send(chunks),
      endSending: () => wire.endSending(),
      pauseReading: () => {
        isReading = false;
        runtime.turn.later(() => {
          if (!isReading) wire.pauseReading();
        });
      },
      resumeReading: () => {
        isReading = true;
        wire.resumeReading();
      },
      close: () => wire.close(),
      abort: () => wire.abort(),
    };
  };

conforms(
  loopbackWire({
    name: "loopback that reports in batches",
    runtime,
    join: (options) => {
      const { left, right } = calm.join(options);
      return { left: pausingLate(left), right: pausingLate(right) };
    },
  }),
);
