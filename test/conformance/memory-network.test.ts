import { memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import { endpointWire, settleVirtually } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";

const runtime = new VirtualRuntime();
const network = memoryNetwork({ runtime });
let places = 0;

conforms(
  endpointWire({
    name: "memory network",
    capabilities: ["abort", "abortVisible", "halfClose", "linger", "backPressure"],
    server: () => network.endpoint(`place ${places++}`),
    leadingTo: (port) => {
      const address = port.getHost();
      if (address.kind !== "memory") throw new Error("a memory port has no memory address");
      return network.endpoint(address.name);
    },
    settle: settleVirtually(runtime),
  }),
);
