import { ChildProcess } from "node:child_process";
import type { CloseReason, ProcessTransport } from "../../../src/contract/index.ts";
import { childProcess } from "../../../src/wires/process/index.ts";

/** Aborts a program that cannot be killed, and prints its process id. */
class Aborter {
  #transport!: ProcessTransport;

  connectionMade(transport: ProcessTransport): void {
    this.#transport = transport;
  }

  dataReceived(): void {
    this.#transport.abortConnection();
  }

  connectionLost({ kind, by, signal }: CloseReason): void {
    process.stdout.write(`${kind} ${by} ${signal} ${this.#transport.pid}\n`);
  }
}

// As of one that runs as another user.
ChildProcess.prototype.kill = () => false;
const script = "echo ready; exec sleep 60";
const shell = childProcess({ command: "sh", args: ["-c", script], env: "inherit" });
await shell.connect(new Aborter());
