import { once } from "node:events";
import type { NetConnectOpts, Socket } from "node:net";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";

/** A listener whose thread sleeps until woken: what connects waits in the kernel's queue. */
export class SleepingListener implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #gate: Int32Array;
  readonly #waiting: Socket[] = [];
  readonly address: NetConnectOpts;

  constructor(worker: Worker, gate: Int32Array, address: NetConnectOpts) {
    this.#worker = worker;
    this.#gate = gate;
    this.address = address;
  }

  /** @param at the path to listen on; without one, a free port of 127.0.0.1. */
  static async start(at?: string): Promise<SleepingListener> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const options = at === undefined ? { host: "127.0.0.1", port: 0 } : { path: at };
    const worker = new Worker(SLEEPER, { eval: true, workerData: { gate, options } });
    const [port] = (await once(worker, "message")) as [number];
    const address = at === undefined ? { host: "127.0.0.1", port } : { path: at };
    return new SleepingListener(worker, gate, address);
  }

  /** One more in the queue: resolves to whether it got in; never, where the system lets it wait. */
  knock(): Promise<boolean> {
    const socket = connect(this.address);
    this.#waiting.push(socket);
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
  }

  wake(): void {
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wake();
    for (const socket of this.#waiting) socket.destroy();
    await this.#worker.terminate();
  }
}

const SLEEPER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const server = require("node:net").createServer((socket) => {
    socket.resume().on("error", () => {});
  });
  server.listen({ ...workerData.options, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port ?? 0);
    setImmediate(() => Atomics.wait(workerData.gate, 0, 0));
  });
`;
