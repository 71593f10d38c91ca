import { closeSync } from "node:fs";
import type { ClientEndpoint, Observer, Protocol } from "../../../contract/index.ts";
import type { WireUnderTest } from "../../../testing/index.ts";
import { givenWire } from "../../../testing/index.ts";
import { descriptor } from "../../../wires/descriptor/index.ts";
import { stdio } from "../../../wires/stdio/index.ts";
import { pairedWire } from "./paired-wire.ts";
import { makePipe } from "./pipe.ts";
import type { TourWire } from "./tour-wire.ts";

/** Two pipes of the system, one each way, held by their numbers. */
export const descriptorWire: TourWire = pairedWire({
  key: "fd",
  title: "descriptors",
  column: "fd",
  made: "two pipes of the system, by their numbers",
  absent: withoutPipes,
  capabilities: ["abort", "halfClose", "backPressure"],
  ends: () => {
    const [there, back] = [makePipe(), makePipe()];
    return [
      descriptor({ input: back.input, output: there.output }),
      descriptor({ input: there.input, output: back.output }),
    ];
  },
});

/** Two such pipes, one end of them as the standard streams of a process. */
export function pipedStdio(): WireUnderTest {
  return givenWire("stdio", ["abort", "halfClose", "backPressure"], async () => {
    const [there, back] = [makePipe(), makePipe()];
    const near = stdio({ input: back.input, output: there.output, closeOutput: true });
    return [
      closingInput(near as unknown as ClientEndpoint, back.input),
      descriptor({ input: there.input, output: back.output }),
    ];
  });
}

/** Standard input outlives its connection, and is closed by the system when a process is over. */
function closingInput(endpoint: ClientEndpoint, fd: number): ClientEndpoint {
  return {
    connect: <P extends Protocol>(protocol: P, options = {}) => {
      const { observer: given } = options as { readonly observer?: Observer };
      const observer: Observer = {
        opened: (opening) => given?.opened?.(opening),
        bytes: (direction, data) => given?.bytes?.(direction, data),
        counted: (direction, byteCount) => given?.counted?.(direction, byteCount),
        paused: (direction) => given?.paused?.(direction),
        resumed: (direction) => given?.resumed?.(direction),
        ended: (reason) => {
          closeSync(fd);
          given?.ended?.(reason);
        },
      };
      return endpoint.connect(protocol, { ...options, observer });
    },
  };
}

/** Why there are no pipes that Node can make and open anew. */
export function withoutPipes(): string | undefined {
  return process.platform === "linux" ? undefined : "it needs mkfifo and /proc, as on Linux";
}
