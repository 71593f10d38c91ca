import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes, Protocol, Transport } from "../../../src/contract/index.ts";
import { addon } from "../../../src/wires/_drivers/native/addon.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";

const STREAM_BYTES = 128 * 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
/** What may be out: what was received between two collections, and what one of them leaves. */
const LENT_MAX = 64;

class Sink implements Protocol {
  count = 0;
  mostLent = 0;
  readonly ended: Promise<void>;
  #end!: () => void;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  connectionMade(): void {}
  dataReceived(data: Bytes): void {
    this.count += data.length;
    this.mostLent = Math.max(this.mostLent, addon().counts()[1]);
  }
  connectionLost(): void {
    this.#end();
  }
}

class Source implements Protocol {
  #left = STREAM_BYTES / BLOCK_BYTES;

  connectionMade(transport: Transport): void {
    const block = new Uint8Array(BLOCK_BYTES);
    const resumeProducing = (): void => {
      this.#left -= 1;
      if (this.#left < 0) transport.unregisterProducer();
      else transport.write(block);
    };
    transport.registerProducer({ resumeProducing, stopProducing: () => undefined }, false);
    transport.loseConnection();
  }
  dataReceived(): void {}
  connectionLost(): void {}
}

test("bytes that nobody keeps hold no memory, however long they stream", onlyNative, async () => {
  const sink = new Sink();
  await using port = await tcp({ host: "127.0.0.1", port: 0, driver: "native" }).listen(() => sink);
  const host = port.getHost();
  assert.equal(host.kind, "tcp");
  await tcp({ host: host.host, port: host.port, driver: "native" }).connect(new Source());
  await sink.ended;
  assert.equal(sink.count, STREAM_BYTES);
  assert.ok(sink.mostLent <= LENT_MAX, `${sink.mostLent} blocks of 256 KiB were out at once`);
});
