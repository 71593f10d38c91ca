import { tls } from "../../src/layers/tls/index.ts";
import { memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import { endpointWire } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";
import { settleWithEngine, tlsPairs } from "./tls-pairs.ts";

/** Over a network of names in virtual time: the limits are those of a clock that does not wait. */
for (const { version, server, client } of tlsPairs) {
  const runtime = new VirtualRuntime();
  const network = memoryNetwork({ runtime });
  let places = 0;
  conforms(
    endpointWire({
      name: `tls+memory, ${version}`,
      capabilities: ["abort", "abortVisible", "endMark", "halfClose", "linger", "backPressure"],
      server: () => tls(network.endpoint(`place ${places++}`), server),
      leadingTo: (port) => {
        const address = port.getHost();
        if (address.kind !== "memory") throw new Error("a memory port has no memory address");
        return tls(network.endpoint(address.name), { ...server, ...client });
      },
      settle: settleWithEngine(runtime),
    }),
  );
}
