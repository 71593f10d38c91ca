import type { CloseReason, PtyTransport } from "../../../src/contract/index.ts";
import { pty } from "../../../src/wires/pty/index.ts";

/** Leaves a program that ignores its hang-up to itself, and prints its process id. */
class Leaver {
  #transport!: PtyTransport;

  connectionMade(transport: PtyTransport): void {
    this.#transport = transport;
  }

  dataReceived(): void {
    this.#transport.loseConnection();
  }

  connectionLost({ kind, by }: CloseReason): void {
    process.stdout.write(`${kind} ${by} ${this.#transport.pid}\n`);
  }
}

const script = "trap '' HUP; echo ready; exec sleep 60";
const shell = pty({ command: "sh", args: ["-c", script], env: "inherit", hangUpGraceMs: 10 });
await shell.connect(new Leaver());
