import assert from "node:assert/strict";
import { connect as connectSocket } from "node:net";
import { test } from "node:test";
import { tcp } from "../../src/wires/tcp/index.ts";

test("connect refuses what is no protocol before anybody hears of it", async () => {
  let arrivals = 0;
  await using port = await tcp({ port: 0 }).listen(() => {
    arrivals += 1;
    return null;
  });
  const host = port.getHost();
  assert.ok(host.kind === "tcp");
  for (const wrong of [undefined, null, {}, "x", () => {}]) {
    await assert.rejects(tcp({ port: host.port }).connect(wrong as never), TypeError);
  }
  const marker = connectSocket(host.port, host.host);
  await new Promise((resolve) =>
    marker
      .once("close", resolve)
      .on("error", () => {})
      .resume(),
  );
  assert.equal(arrivals, 1, "only the marker arrived");
});
