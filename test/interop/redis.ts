import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { Program, runToEnd } from "./program.ts";
import type { Interoperation } from "./relayed.ts";
import { assertCarried, relayTo } from "./relayed.ts";
import type { SocketAddress } from "./socket-address.ts";
import { freePort } from "./socket-address.ts";

/**
 * `redis-benchmark` against a server of its own; that server's counters say how many bytes there
 * were.
 */
export const redis: Interoperation = {
  name: "redis-benchmark",
  needs: ["redis-server", "redis-benchmark"],
  asksVersion: ["redis-server", "--version"],
  async run(setting) {
    const { full, onto, scratch } = setting;
    const port = onto === "tcp" ? await freePort() : 0;
    const path = scratch.path("redis");
    const where = onto === "tcp" ? ["--bind", "127.0.0.1"] : ["--unixsocket", path];
    const how = ["--save", "", "--appendonly", "no", "--dir", scratch.folder, "--daemonize", "no"];
    await using server = new Program("redis-server", ["--port", String(port), ...where, ...how]);
    await server.until(
      ({ stdout }) => /eady to accept connections|now ready/.test(stdout) || undefined,
    );
    const target: SocketAddress = onto === "tcp" ? { host: "127.0.0.1", port } : { path };
    using counters = new Counters(target);
    const before = await counters.read();
    await using relay = await relayTo(target, setting);
    const { at } = relay;
    const place = "path" in at ? ["-s", at.path] : ["-h", at.host, "-p", String(at.port)];
    const work = ["-t", "set,get", "-n", full ? "100000" : "10000", "-P", "16", "-q"];
    const { status, stderr, stdout } = await runToEnd("redis-benchmark", [...place, ...work]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(stdout, /SET: .* requests per second[\s\S]*GET: .* requests per second/);
    const after = await counters.read();
    // What the counting itself cost: the first reply, and the second question.
    return await assertCarried(relay, {
      connections: after.connections - before.connections,
      toTarget: after.bytesIn - before.bytesIn - QUESTION.length,
      fromTarget: after.bytesOut - before.bytesOut - before.replyBytes,
    });
  },
};

const QUESTION = "*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n";

interface Count {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connections: number;
  readonly replyBytes: number;
}

/** The server's own account, read over a connection that goes straight to it. */
class Counters implements Disposable {
  readonly #socket: Socket;

  constructor(at: SocketAddress) {
    this.#socket = connect(at);
  }

  async read(): Promise<Count> {
    this.#socket.write(QUESTION);
    const reply = await this.#reply();
    const count = (name: string): number =>
      Number(new RegExp(`^${name}:(\\d+)`, "m").exec(reply)?.[1]);
    return {
      bytesIn: count("total_net_input_bytes"),
      bytesOut: count("total_net_output_bytes"),
      connections: count("total_connections_received"),
      replyBytes: Buffer.byteLength(reply),
    };
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** A bulk string: its length, then itself. */
  async #reply(): Promise<string> {
    let reply = "";
    return await new Promise((resolve, reject) => {
      this.#socket.once("error", reject);
      const take = (chunk: Buffer): void => {
        reply += chunk.toString("latin1");
        const header = /^\$(\d+)\r\n/.exec(reply);
        if (header === null || reply.length < header[0].length + Number(header[1]) + 2) return;
        this.#socket.off("data", take).off("error", reject);
        resolve(reply);
      };
      this.#socket.on("data", take);
    });
  }
}
