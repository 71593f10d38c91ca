import { closeSync, readdirSync } from "node:fs";
import { unix } from "../../../src/wires/unix/index.ts";

// Takes descriptors, in a process that may open few; tells how each connection ended and what is
// kept.
const [path = ""] = process.argv.slice(2);

function openCount(): number {
  return readdirSync("/proc/self/fd").length;
}

await unix({ path, driver: "native" }).listen(() => {
  const before = openCount();
  return {
    connectionMade: () => undefined,
    fileDescriptorReceived: (fd: number) => closeSync(fd),
    dataReceived: () => undefined,
    connectionLost: ({ code }) => {
      setImmediate(() => {
        const kept = openCount() + 1 - before;
        process.stdout.write(`lost ${code} ${kept}\n`);
      });
    },
  };
});
process.stdout.write("listening\n");
