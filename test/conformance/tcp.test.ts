import { after, test } from "node:test";
import { cases } from "../../src/testing/index.ts";
import { Scratch } from "../interop/scratch.ts";
import { isWine } from "../windows/wine.ts";
import { conforms } from "./skipping.ts";
import { socketWire } from "./wires.ts";

const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

const wire = socketWire("tcp", scratch);

if (isWine) {
  conforms(
    wire,
    cases.filter(({ id }) => id !== "peerEnd.flushes"),
  );
  const skip = "Wine drops what waits to be sent when its socket's direction ends";
  test("tcp: peerEnd.flushes", { skip });
} else conforms(wire);
