import { loopback } from "../../src/memory/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { loopbackWire, settleByTurns } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";

/** The loopback on the system's own clock and turns, where microtasks and timers are real. */
const capabilities = new Set(loopbackWire().capabilities);
capabilities.delete("listen");

const realTime: WireUnderTest = {
  name: "loopback in real time",
  capabilities,
  pair: async (left, right, { limits, onError, observers = {} }) => {
    const pair = loopback(left, right, { limits, onError, observers });
    const dispose = async (): Promise<void> => {
      pair.left.abortConnection();
      pair.right.abortConnection();
    };
    return { ...pair, settle: settleByTurns(), [Symbol.asyncDispose]: dispose };
  },
};

conforms(realTime);
