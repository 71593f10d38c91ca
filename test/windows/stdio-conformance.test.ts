import { test } from "node:test";
import type { ProcessTransport, Protocol } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { conformance, settleByTurns } from "../../src/testing/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { Held } from "../conformance/held.ts";
import { MIRROR } from "./mirror.ts";

/** A child that joins its own `stdio()` to a TCP connection; there, the far protocol. */
const wire: WireUnderTest = {
  name: "process with our stdio in it, on Windows",
  capabilities: new Set(["abort", "backPressure"]),
  pair: async (left, right, { limits, observers = {}, onError, signal }) => {
    const [atLeft, atRight] = [new Held(left), new Held(right)];
    const base = { limits, onError, signal };
    const port = await tcp({ port: 0 }).listen(() => atRight.protocol, {
      ...base,
      ...(observers.right && { observer: observers.right }),
    });
    const host = port.getHost();
    if (host.kind !== "tcp") throw new TypeError("it listens on no port");
    const child = childProcess({
      command: process.execPath,
      args: [MIRROR, String(host.port)],
      env: "inherit",
      fds: { 2: "r" },
    });
    await child.connect(atLeft.protocol as Protocol, {
      ...base,
      ...(observers.left && { observer: observers.left }),
    });
    const settle = settleByTurns();
    let isJoined = false;
    const watching: Protocol = {
      connectionMade: () => undefined,
      dataReceived: () => {
        isJoined = true;
      },
      connectionLost: () => undefined,
    };
    (atLeft.transport as ProcessTransport).childTransport(2).switchProtocol(watching);
    await settle(() => isJoined && atRight.isMade);
    return {
      left: atLeft.transport,
      right: atRight.transport,
      settle,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([atLeft.letGo(), atRight.letGo()]);
        await port.stopListening();
      },
    };
  },
};

/** A process of Windows takes long to start, so that some of the cases stand for all. */
const SOME: ReadonlySet<string> = new Set([
  "write.order",
  "close.waitsForProducer",
  "backPressure.slowReader",
]);

if (process.platform === "win32") {
  for (const { name, case: one, run } of conformance(wire)) {
    if (SOME.has(one.id) || process.env["ALL"]) test(name, run);
  }
} else {
  test(wire.name, { skip: "needs Windows; test/windows/under-wine.test.ts runs it" });
}
