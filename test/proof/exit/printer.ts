import type { Protocol, StdioTransport } from "../../../src/contract/index.ts";
import { pattern } from "../../../src/testing/pattern.ts";
import { finishStdio, stdio } from "../../../src/wires/stdio/index.ts";

/** `node printer.js WAY`: prints a mebibyte, and ends in that way. */
const WAYS: Readonly<Record<string, () => Promise<void>>> = {
  /** The main program returns. */
  return: print,
  /** It waits, then exits. */
  finish: async () => {
    await print();
    await finishStdio(3);
    process.exit();
  },
  /** Node's own way, which must be seen failing. */
  naive: async () => {
    process.stdout.write(PAYLOAD);
    process.exit(0);
  },
};

const PAYLOAD = pattern(2 ** 20);

async function print(): Promise<void> {
  const silent: Protocol<StdioTransport> = {
    connectionMade: (transport) => transport.write(PAYLOAD),
    dataReceived: () => undefined,
    connectionLost: () => undefined,
  };
  await stdio().connect(silent);
}

await WAYS[process.argv[2] ?? ""]?.();
