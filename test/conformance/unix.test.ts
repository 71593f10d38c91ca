import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { endpointWire } from "../../src/testing/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { conforms } from "./skipping.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-conformance-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let places = 0;

conforms(
  endpointWire({
    name: "unix",
    capabilities: ["abort", "halfClose", "linger", "backPressure"],
    server: () => unix({ path: join(folder, `${places++}.sock`) }),
    leadingTo: (port) => {
      const address = port.getHost();
      if (address.kind !== "unix" || address.path === null) throw new Error("it has no path");
      return unix({ path: address.path });
    },
  }),
);
