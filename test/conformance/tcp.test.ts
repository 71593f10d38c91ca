import { endpointWire } from "../../src/testing/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { conforms } from "./skipping.ts";

conforms(
  endpointWire({
    name: "tcp",
    capabilities: ["abort", "abortVisible", "halfClose", "linger", "backPressure"],
    server: () => tcp({ port: 0 }),
    leadingTo: (port) => {
      const address = port.getHost();
      if (address.kind !== "tcp") throw new Error("a TCP port is not bound to a TCP address");
      return tcp({ host: address.host, port: address.port });
    },
  }),
);
