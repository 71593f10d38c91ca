import { tls } from "../../src/layers/tls/index.ts";
import { endpointWire } from "../../src/testing/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { conforms } from "./skipping.ts";
import { tlsPairs } from "./tls-pairs.ts";

for (const { version, server, client } of tlsPairs) {
  conforms(
    endpointWire({
      name: `tls+tcp, ${version}`,
      capabilities: ["abort", "abortVisible", "endMark", "halfClose", "linger", "backPressure"],
      server: () => tls(tcp({ port: 0 }), server),
      leadingTo: (port) => {
        const address = port.getHost();
        if (address.kind !== "tcp") throw new Error("a TCP port is not bound to a TCP address");
        // Listening there as well needs a certificate, too.
        return tls(tcp({ host: address.host, port: address.port }), { ...server, ...client });
      },
    }),
  );
}
