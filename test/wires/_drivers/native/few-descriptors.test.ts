import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Program } from "../../../interop/program.ts";
import { onlyNative } from "../../unix/descriptor-rig.ts";

const LISTENER = fileURLToPath(new URL("few-descriptors.js", import.meta.url));
/** More than the listener may have open. */
const CLIENTS = 80;

describe("a native listener in a process that may open few descriptors", onlyNative, () => {
  it("says that it cannot accept, loses nobody, and accepts again when there is room", async () => {
    const script = `ulimit -n 60; exec "${process.execPath}" "${LISTENER}"`;
    await using listener = new Program("sh", ["-c", script]);
    const port = await listener.until(({ stdout }) => /port (\d+)/.exec(stdout)?.[1]);
    const clients = Array.from({ length: CLIENTS }, () => new Client(Number(port)));
    await listener.until(({ stdout }) => (stdout.includes("accept EMFILE\n") ? true : undefined));
    // Whoever is answered leaves, and so makes room for one that waits.
    await Promise.all(clients.map((client) => client.answered.then(() => client.leave())));
    assert.deepEqual(new Set(clients.map(({ error }) => error)), new Set([null]));
  });
});

/** Says a word, and wants it back. */
class Client {
  readonly answered: Promise<void>;
  error: Error | null = null;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.answered = new Promise((resolve) => {
      this.#socket.once("data", () => resolve());
      this.#socket.once("error", (error) => {
        this.error = error;
        resolve();
      });
    });
    this.#socket.write("word");
  }

  async leave(): Promise<void> {
    if (this.error === null) {
      this.#socket.end();
      await once(this.#socket, "close");
    }
  }
}
