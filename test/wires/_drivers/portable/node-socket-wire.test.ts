import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Address, Bytes, CloseCause } from "../../../../src/contract/index.ts";
import type { Facts } from "../../../../src/flow/index.ts";
import { NodeSocketWire } from "../../../../src/wires/_drivers/portable/node-socket-wire.ts";

const ENDS: { host: Address; peer: Address } = {
  host: { kind: "tcp", host: "127.0.0.1", port: 1, family: 4 },
  peer: { kind: "tcp", host: "127.0.0.1", port: 2, family: 4 },
};

/** Writes down the facts; `until` waits for one. */
class RecordedFacts implements Facts {
  readonly told: string[] = [];
  readonly chunks: Bytes[] = [];
  cause: CloseCause | undefined;
  inVerb = false;
  readonly #waiting: { readonly fact: string; readonly tell: () => void }[] = [];

  opened(): void {
    this.#tell("opened");
  }

  received(chunk: Bytes): void {
    this.chunks.push(chunk);
    this.#tell("received");
  }

  sent(byteCount: number): void {
    this.told.push(`sent ${byteCount}`);
    this.#tell("sent");
  }

  peerEnded(): void {
    this.#tell("peerEnded");
  }

  sendingEnded(): void {
    this.#tell("sendingEnded");
  }

  over(cause?: CloseCause): void {
    this.cause = cause;
    this.#tell("over");
  }

  until(fact: string): Promise<void> {
    if (this.told.some((told) => told.startsWith(fact))) return Promise.resolve();
    return new Promise((tell) => void this.#waiting.push({ fact, tell }));
  }

  #tell(fact: string): void {
    assert.equal(this.inVerb && fact !== "sent", false, `${fact} came from inside a verb`);
    if (fact !== "sent") this.told.push(fact);
    for (const { fact: awaited, tell } of this.#waiting) if (awaited === fact) tell();
  }
}

interface Rig extends AsyncDisposable {
  readonly facts: RecordedFacts;
  readonly wire: NodeSocketWire;
  readonly near: Socket;
  readonly far: Socket;
}

/** A wire over the accepted end of a connection whose other end, `far`, is plain Node. */
async function rig(where: "tcp" | "unix" = "tcp"): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "overwall-"));
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const path = join(folder, "s");
  server.listen(where === "tcp" ? { host: "127.0.0.1", port: 0 } : { path });
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const target = where === "tcp" ? { host: "127.0.0.1", port } : { path };
  const far = connect({ ...target, allowHalfOpen: true });
  far.on("error", () => undefined);
  const [[near]] = (await Promise.all([once(server, "connection"), once(far, "connect")])) as [
    [Socket],
    unknown,
  ];
  server.close();
  const facts = new RecordedFacts();
  const wire = new NodeSocketWire(near, facts, ENDS, where === "tcp");
  return {
    facts,
    wire,
    near,
    far,
    [Symbol.asyncDispose]: async () => {
      near.destroy();
      far.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

function verb(facts: RecordedFacts, run: () => void): void {
  facts.inVerb = true;
  run();
  facts.inVerb = false;
}

const isNode = !("bun" in process.versions || "deno" in process.versions);
const toldInParts = {
  skip: (!isNode || process.platform === "win32") && "only Node's handles tell what they hold",
};

describe("NodeSocketWire", () => {
  it("reports each send once, when all of its chunks are handed over", async () => {
    await using at = await rig();
    at.wire.open();
    const chunks = ["one", "two", "three"].map((text) => Buffer.from(text));
    verb(at.facts, () => at.wire.send(chunks));
    await at.facts.until("sent");
    assert.deepEqual(at.facts.told, ["opened", "sent 11"]);
    const [data] = (await once(at.far, "data")) as [Buffer];
    assert.equal(data.toString(), "onetwothree");
  });

  it("reads nothing before it is asked to", async () => {
    await using at = await rig();
    at.wire.open();
    at.far.write("early");
    verb(at.facts, () => at.wire.send([Buffer.from("x")]));
    await once(at.far, "data");
    assert.equal(at.facts.chunks.length, 0);
    verb(at.facts, () => at.wire.resumeReading());
    await at.facts.until("received");
    assert.equal(Buffer.concat(at.facts.chunks).toString(), "early");
  });

  it("tells what of a large send has gone, while its peer takes no more", toldInParts, async () => {
    await using at = await rig();
    at.wire.open();
    at.far.pause();
    verb(at.facts, () => at.wire.send([Buffer.from("the first one is a test")]));
    await at.facts.until("sent");
    assert.equal(at.wire.tellsParts, true);
    at.facts.told.length = 0;
    const size = 64 * 1024 * 1024;
    verb(at.facts, () => at.wire.send([new Uint8Array(size)]));
    await at.facts.until("sent");
    const told = Number(at.facts.told[0]?.slice("sent ".length));
    assert.equal(told > 0 && told < size, true, `${told} were told`);
  });

  it("reports a send that the end of the socket cut short as nothing sent (NODE-8)", async () => {
    await using at = await rig();
    at.wire.open();
    at.far.pause();
    verb(at.facts, () => at.wire.send([new Uint8Array(64 * 1024 * 1024)]));
    verb(at.facts, () => at.wire.abort());
    await at.facts.until("over");
    assert.deepEqual(at.facts.told, ["opened", "over"]);
  });

  it("resets the peer on abort, even while its own end is on the way", async () => {
    await using at = await rig();
    at.wire.open();
    at.far.pause();
    verb(at.facts, () => at.wire.endSending());
    verb(at.facts, () => at.wire.abort());
    await at.facts.until("over");
    const failed = once(at.far, "error") as Promise<[NodeJS.ErrnoException]>;
    at.far.write("into the void");
    const [error] = await failed;
    assert.match(String(error.code), /ECONNRESET|EPIPE/);
  });

  it("tells a reset from an end although it was not reading (NODE-7)", async () => {
    await using at = await rig();
    at.wire.open();
    at.far.write("unread");
    at.wire.send([Buffer.from("x")]);
    await once(at.far, "data");
    at.far.resetAndDestroy();
    await once(at.far, "close");
    verb(at.facts, () => at.wire.resumeReading());
    await at.facts.until("over");
    assert.equal(at.facts.cause?.code, "ERR_WIRE_RESET");
    assert.equal(at.facts.cause?.by, "peer");
    assert.equal(at.facts.told.includes("peerEnded"), false);
  });

  it("ends each direction by itself, and is over when both have", async () => {
    await using at = await rig();
    at.wire.open();
    at.far.resume();
    verb(at.facts, () => at.wire.resumeReading());
    at.far.end("last words");
    await at.facts.until("peerEnded");
    assert.equal(at.facts.told.includes("over"), false);
    verb(at.facts, () => at.wire.endSending());
    await at.facts.until("over");
    assert.deepEqual(at.facts.told, ["opened", "received", "peerEnded", "sendingEnded", "over"]);
    assert.equal(at.facts.cause, undefined);
  });

  it("is over once, with no cause, after close", async () => {
    await using at = await rig();
    at.wire.open();
    verb(at.facts, () => at.wire.close());
    verb(at.facts, () => at.wire.abort());
    await at.facts.until("over");
    assert.deepEqual(at.facts.told, ["opened", "over"]);
    assert.equal(at.facts.cause, undefined);
  });

  it("reports a socket that closed before there was a wire on it", async () => {
    await using at = await rig();
    at.near.destroy();
    await once(at.near, "close");
    const facts = new RecordedFacts();
    new NodeSocketWire(at.near, facts, ENDS, true).open();
    await facts.until("over");
    assert.deepEqual(facts.told, ["opened", "over"]);
  });

  it("is a plain end to the peer when a UNIX socket is aborted", async () => {
    await using at = await rig("unix");
    at.wire.open();
    at.far.resume();
    const ended = once(at.far, "end");
    verb(at.facts, () => at.wire.abort());
    await ended;
    await at.facts.until("over");
    assert.equal(at.far.errored, null);
  });
});
