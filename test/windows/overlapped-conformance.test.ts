import { test } from "node:test";
import { givenWire } from "../../src/testing/index.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { conforms } from "../conformance/skipping.ts";
import { duplexPipe, oneWayPipe } from "./handles.ts";

const duplex = givenWire("overlapped duplex pipe", ["abort", "backPressure"], async () => {
  const { server, client } = duplexPipe();
  return [
    descriptor({ fd: server, overlapped: true }),
    descriptor({ fd: client, overlapped: true }),
  ];
});

const oneWayEach = givenWire(
  "overlapped pipe each way",
  ["abort", "halfClose", "backPressure"],
  async () => {
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
