import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, connect, serve } from "../../src/bridges/index.ts";
import { lines } from "../../src/framing/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";

test("a string where an endpoint belongs is answered by what to write", async () => {
  const wrong = "tcp://127.0.0.1:8007" as never;
  assert.throws(() => connect(wrong), /TypeError.*|await endpoint\("tcp:\/\/127.0.0.1:8007"\)/);
  await assert.rejects(
    serve(wrong, () => {}),
    /await endpoint\("tcp:\/\/127.0.0.1:8007"\)/,
  );
  await assert.rejects(
    serve(undefined as never, () => {}),
    TypeError,
  );
});

test("a Connection takes one connection: a second would be nobody's to close", async () => {
  const endpoint = memoryNetwork().endpoint("one");
  await using server = await serve(endpoint, async (peer) => void (await peer.read()));
  const connection = new Connection();
  await endpoint.connect(connection);
  await assert.rejects(endpoint.connect(connection), { code: "ERR_WIRE_BUSY" });
  assert.equal((await connection.close()).kind, "done");
  assert.ok(server.getHost());
});

test("lines refuses what it cannot read at the call", () => {
  for (const wrong of [null, "text", 1]) assert.throws(() => lines(wrong as never), TypeError);
  const source = new Connection();
  assert.throws(() => lines(source, { lengthMax: -1 }), RangeError);
});
