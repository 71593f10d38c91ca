import { test } from "node:test";
import { cases, endpointWire } from "../../src/testing/index.ts";
import { pipe } from "../../src/wires/pipe/index.ts";
import { conforms } from "../conformance/skipping.ts";
import { isWine } from "./wine.ts";

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

const NOT_WITH_WINE = ["endpoint.inUse"];

if (isWine) {
  conforms(
    wire,
    cases.filter(({ id }) => !NOT_WITH_WINE.includes(id)),
  );
  const why = "Wine gives one name to two servers (it ignores FILE_FLAG_FIRST_PIPE_INSTANCE)";
  for (const id of NOT_WITH_WINE) test(`${wire.name}: ${id}`, { skip: why });
} else if (process.platform === "win32") conforms(wire);
else test(wire.name, { skip: "needs Windows; test/windows/under-wine.test.ts runs it" });
