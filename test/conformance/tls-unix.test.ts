import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { tls } from "../../src/layers/tls/index.ts";
import { endpointWire } from "../../src/testing/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { conforms } from "./skipping.ts";
import { tlsPairs } from "./tls-pairs.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-conformance-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let places = 0;

for (const { version, server, client } of tlsPairs) {
  conforms(
    endpointWire({
      name: `tls+unix, ${version}`,
      capabilities: ["abort", "endMark", "halfClose", "linger", "backPressure"],
      server: () => tls(unix({ path: join(folder, `${places++}.sock`) }), server),
      leadingTo: (port) => {
        const address = port.getHost();
        if (address.kind !== "unix" || address.path === null) throw new Error("it has no path");
        return tls(unix({ path: address.path }), { ...server, ...client });
      },
    }),
  );
}
