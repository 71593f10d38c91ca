import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import type { TcpTransport } from "../../../../src/contract/index.ts";
import { tcp } from "../../../../src/wires/tcp/index.ts";
import { pairOver, RecordingProtocol } from "../../recording-protocol.ts";
import { onlyNative, openCount } from "../../unix/descriptor-rig.ts";

const ECHO = new URL("worker-echo.js", import.meta.url);

/** Lets a thread talk over the native driver, and ends it while it does. @returns its port. */
async function threadEnded(): Promise<number> {
  const worker = new Worker(ECHO);
  const [[said, port]] = (await once(worker, "message")) as [[string, number]];
  assert.equal(said, "words in a thread");
  await worker.terminate();
  return port;
}

describe("the native driver in a thread of its own", onlyNative, () => {
  it("carries bytes there, and here all the same while it ends", async () => {
    const at = { port: 0, driver: "native" } as const;
    await using both = await pairOver(
      tcp(at),
      (port) => tcp({ ...at, port: (port.getHost() as { readonly port: number }).port }),
      () => new RecordingProtocol<TcpTransport>(),
    );
    both.client.transport.write(Buffer.from("before "));
    await threadEnded();
    both.client.transport.write(Buffer.from("after"));
    await both.server.received(12);
    assert.equal(both.server.bytes.toString(), "before after");
  });

  it("leaves no descriptor and no listener when the thread is ended in the middle", async () => {
    // What a first thread leaves for the ones to come is none of the driver's.
    await threadEnded();
    const openBefore = openCount();
    const ports: number[] = [];
    for (let round = 0; round < 5; round++) ports.push(await threadEnded());
    assert.equal(openCount(), openBefore);
    for (const port of ports) {
      const [error] = (await once(connect(port, "127.0.0.1"), "error")) as [NodeJS.ErrnoException];
      assert.equal(error.code, "ECONNREFUSED");
    }
  });
});
