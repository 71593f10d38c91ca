import { test } from "node:test";
import type { ClientEndpoint } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { settleByTurns } from "../../src/testing/index.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { Held } from "../conformance/held.ts";
import { conforms } from "../conformance/skipping.ts";
import { duplexPipe, oneWayPipe } from "./handles.ts";

/** Both ends of a connection over overlapped handles, on the completion port. */
function handleWire(
  name: string,
  capabilities: WireUnderTest["capabilities"],
  ends: () => readonly [ClientEndpoint, ClientEndpoint],
): WireUnderTest {
  return {
    name,
    capabilities,
    pair: async (left, right, { limits, observers = {}, onError, signal }) => {
      const [atLeft, atRight] = [new Held(left), new Held(right)];
      const [one, other] = ends();
      const base = { limits, onError, signal };
      await one.connect(atLeft.protocol, {
        ...base,
        ...(observers.left && { observer: observers.left }),
      });
      await other.connect(atRight.protocol, {
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
}

const duplex = handleWire(
  "overlapped duplex pipe",
  new Set(["abort", "backPressure"] as const),
  () => {
    const { server, client } = duplexPipe();
    return [
      descriptor({ fd: server, overlapped: true }),
      descriptor({ fd: client, overlapped: true }),
    ];
  },
);

const oneWayEach = handleWire(
  "overlapped pipe each way",
  new Set(["abort", "halfClose", "backPressure"] as const),
  () => {
    const [there, back] = [oneWayPipe(), oneWayPipe()];
    return [
      descriptor({ input: back.input, output: there.output, overlapped: true }),
      descriptor({ input: there.input, output: back.output, overlapped: true }),
    ];
  },
);

for (const wire of [duplex, oneWayEach]) {
  if (process.platform === "win32") conforms(wire);
  else test(wire.name, { skip: "needs Windows; test/windows/under-wine.test.ts runs it" });
}
