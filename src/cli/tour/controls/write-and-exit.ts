import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { finishStdio, stdio } from "../../../wires/stdio/index.ts";

export const WRITTEN_BYTES = 1_048_576;

/** What a child's reader had when it was over, and what the child told the system. */
export interface Exited {
  readonly bytes: number;
  readonly exitCode: number | null;
}

/** A child that writes as programs do and leaves: what was not written by then is gone. */
export const PLAINLY: readonly string[] = [
  "-e",
  `process.stdout.write(Buffer.alloc(${WRITTEN_BYTES}, 65)); process.exit(0);`,
];

/** The same on our `stdio()`, finished before it leaves. */
export const FINISHED: readonly string[] = [fileURLToPath(import.meta.url)];

/** Runs Node with `args` and counts what it prints. */
export function readChild(
  args: readonly string[],
  started: (child: ChildProcess) => void,
): Promise<Exited> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    started(child);
    let bytes = 0;
    child.once("error", reject);
    child.stdout.on("data", (data: Buffer) => (bytes += data.length));
    child.once("close", (exitCode) => resolve({ bytes, exitCode }));
  });
}

if (process.argv[1] === FINISHED[0]) {
  await stdio({ closeOutput: true }).connect({
    connectionMade: (transport) => transport.write(Buffer.alloc(WRITTEN_BYTES, 65)),
    dataReceived: () => {},
    connectionLost: () => {},
  });
  await finishStdio(0);
  process.exit();
}
