import { closeSync, readdirSync } from "node:fs";
import type { Bytes, UnixTransport } from "../../../src/contract/index.ts";
import { unix } from "../../../src/wires/unix/index.ts";

// Sends every descriptor it is sent back, each with a byte, and tells how many it kept.
const [path = ""] = process.argv.slice(2);

function openCount(): number {
  return readdirSync("/proc/self/fd").length;
}

let before = 0;
let transport!: UnixTransport;
await unix({ path, driver: "native" }).connect({
  connectionMade: (made: UnixTransport) => {
    transport = made;
    before = openCount();
  },
  fileDescriptorReceived: (fd: number) => {
    void transport.sendFileDescriptor(fd);
    closeSync(fd);
  },
  dataReceived: (data: Bytes) => transport.write(data.slice()),
  // A turn later the connection itself is closed too.
  connectionLost: () => {
    setImmediate(() => {
      const kept = openCount() + 1 - before;
      process.stdout.write(`${kept}\n`);
    });
  },
});
