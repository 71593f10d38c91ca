import { closeSync } from "node:fs";
import { test } from "node:test";
import type { Observer, Protocol } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { settleByTurns } from "../../src/testing/index.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { stdio } from "../../src/wires/stdio/index.ts";
import { makePipe } from "../wires/fifo.ts";
import { Held } from "./held.ts";
import { conforms } from "./skipping.ts";

/** Two pipes: at one end the standard streams of a process, at the other two bare descriptors. */
const wire: WireUnderTest = {
  name: "stdio to descriptor",
  capabilities: new Set(["abort", "halfClose", "backPressure"]),
  pair: async (left, right, { limits, observers = {}, onError, signal }) => {
    const [there, back] = [makePipe(), makePipe()];
    const [atLeft, atRight] = [new Held(left), new Held(right)];
    const base = { limits, onError, signal };
    const ends = stdio({ input: back.input, output: there.output, closeOutput: true });
    await ends.connect(atLeft.protocol as Protocol, {
      ...base,
      // A process that is over has its input closed by the system.
      observer: closing(back.input, observers.left),
    });
    await descriptor({ input: there.input, output: back.output }).connect(atRight.protocol, {
      ...base,
      ...(observers.right && { observer: observers.right }),
    });
    return {
      left: atLeft.transport,
      right: atRight.transport,
      settle: settleByTurns(),
      [Symbol.asyncDispose]: async () => {
        await Promise.all([atLeft.letGo(), atRight.letGo()]);
      },
    };
  },
};

function closing(fd: number, observer: Observer | undefined): Observer {
  return {
    opened: (opening) => observer?.opened?.(opening),
    bytes: (direction, data) => observer?.bytes?.(direction, data),
    counted: (direction, byteCount) => observer?.counted?.(direction, byteCount),
    paused: (direction) => observer?.paused?.(direction),
    resumed: (direction) => observer?.resumed?.(direction),
    ended: (reason) => {
      closeSync(fd);
      observer?.ended?.(reason);
    },
  };
}

if (process.platform === "linux") conforms(wire);
else test("stdio to descriptor", { skip: "needs mkfifo and /proc" });
