import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { describe, test } from "node:test";
import type {
  Bytes,
  ListeningPort,
  Protocol,
  TcpTransport,
} from "../../../../src/contract/index.ts";
import { tcp } from "../../../../src/wires/tcp/index.ts";
import { portOf } from "../../tcp/tcp-rig.ts";
import { onlyNative } from "../../unix/descriptor-rig.ts";

/** So many that at any time more of them are ready than one batch takes. */
const CONNECTIONS = 400;
const BATCH_MAX = 256;
/** Whoever was not served by then is not served while there is more. */
const MESSAGES_MAX = 400_000;
const TIMES = 5;

/** Connections whose ends, both of ours, send each other what they get, without a pause. */
class Flood implements AsyncDisposable {
  messages = 0;
  readonly #transports: TcpTransport[] = [];
  readonly #spent: Promise<"spent">;
  #spend: (word: "spent") => void = () => undefined;
  #port: ListeningPort | undefined;
  #open = 0;
  #closed: () => void = () => undefined;
  #isOver = false;

  private constructor() {
    this.#spent = new Promise((resolve) => (this.#spend = resolve));
  }

  static async open(): Promise<Flood> {
    const flood = new Flood();
    const here = tcp({ host: "127.0.0.1", port: 0, driver: "native" });
    const accepted = new Promise<void>((resolve) => {
      flood.#accepted = (): void => {
        if (flood.#transports.length === 2 * CONNECTIONS) resolve();
      };
    });
    flood.#port = await here.listen(() => flood.#end());
    const there = tcp({ host: "127.0.0.1", port: portOf(flood.#port), driver: "native" });
    for (let count = 0; count < CONNECTIONS; count++) await there.connect(flood.#end());
    await accepted;
    return flood;
  }

  /** Everybody sends; @returns what came first, `served` or the last of the messages. */
  async during(served: Promise<"served">): Promise<"served" | "spent"> {
    for (const transport of this.#transports) transport.write(new Uint8Array(1));
    const first = await Promise.race([served, this.#spent]);
    this.#isOver = true;
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    for (const transport of this.#transports) transport.abortConnection();
    await closed;
    await this.#port?.stopListening();
  }

  #accepted: () => void = () => undefined;

  #end(): Protocol<TcpTransport> {
    let transport: TcpTransport | undefined;
    return {
      connectionMade: (made: TcpTransport) => {
        transport = made;
        this.#open += 1;
        this.#transports.push(made);
        this.#accepted();
      },
      dataReceived: (chunk: Bytes) => {
        this.messages += 1;
        if (this.messages === MESSAGES_MAX) this.#spend("spent");
        if (!this.#isOver && this.messages < MESSAGES_MAX) transport?.write(chunk);
      },
      connectionLost: () => {
        this.#open -= 1;
        if (this.#open === 0) this.#closed();
      },
    };
  }
}

/** Resolves when a timer of Node has come so often. */
async function timers(times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Two ordinary sockets of Node. */
async function nodeSockets(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer();
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  const near = connect({ host: "127.0.0.1", port });
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [
    [Socket],
    unknown,
  ];
  server.close();
  return { near, far };
}

describe("while there is always more to read", onlyNative, () => {
  test("everybody else has a turn between two batches, and no batch is larger than its bound", async () => {
    await using flood = await Flood.open();
    let most = 0;
    let before = 0;
    let looks = 0;
    const served = new Promise<"served">((resolve) => {
      const look = (): void => {
        most = Math.max(most, flood.messages - before);
        before = flood.messages;
        looks += 1;
        if (looks < 200) setImmediate(look);
        else resolve("served");
      };
      setImmediate(look);
    });
    assert.equal(await flood.during(served), "served", `${looks} turns`);
    assert.ok(most <= BATCH_MAX, `${most} were read in one turn`);
    assert.ok(most > BATCH_MAX / 4, `${most} at most: no flood`);
  });

  test("timers come", async () => {
    await using flood = await Flood.open();
    const served = timers(TIMES).then(() => "served" as const);
    assert.equal(await flood.during(served), "served");
  });

  test("an ordinary socket of Node is read and written", async () => {
    await using flood = await Flood.open();
    const { near, far } = await nodeSockets();
    far.on("data", (chunk: Buffer) => far.write(chunk));
    const talk = async (): Promise<"served"> => {
      for (let count = 0; count < TIMES; count++) {
        near.write("?");
        await once(near, "data");
      }
      return "served";
    };
    assert.equal(await flood.during(talk()), "served");
    near.destroy();
    far.destroy();
  });
});
