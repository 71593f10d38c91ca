import { test } from "node:test";
import { endpointWire } from "../../src/testing/index.ts";
import { pipe } from "../../src/wires/pipe/index.ts";
import { conforms } from "../conformance/skipping.ts";

let count = 0;

const wire = endpointWire({
  name: "named pipe",
  capabilities: ["abort", "backPressure"],
  server: () => pipe({ name: `overwall-conformance-${process.pid}-${count++}` }),
  leadingTo: (port) => {
    const host = port.getHost();
    if (host.kind !== "pipe") throw new TypeError("it listens on no pipe");
    return pipe({ name: host.name ?? "" });
  },
});

if (process.platform === "win32") conforms(wire);
else test(wire.name, { skip: "needs Windows; test/windows/under-wine.test.ts runs it" });
