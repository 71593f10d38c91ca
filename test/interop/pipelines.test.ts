import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { lackingDriver, PIPELINES, runPipeline } from "./pipelines.ts";
import { runToEnd } from "./program.ts";
import { OVERWALL } from "./relay-command.ts";
import { listen, urlOf } from "./socket-address.ts";

// Overwall between the programs of a shell: every byte, the right status, and not a word.
for (const pipeline of PIPELINES) {
  const missing = missingPrograms(["sh", ...pipeline.needs]);
  const lacking = missing.length > 0 ? `${missing.join(", ")} on PATH` : lackingDriver(pipeline);
  const skip = lacking !== null && `needs ${lacking}`;
  test(`pipeline: ${pipeline.name}`, { skip }, async () => {
    await runPipeline(pipeline, false);
  });
}

const missing = missingPrograms(["sh", "head"]);
const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;

test("a server that never ends is let go when nobody reads its words any more", {
  skip,
}, async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    const talk = (): void => {
      while (!socket.destroyed && socket.write("talk ".repeat(1000)));
    };
    socket.on("drain", talk).resume();
    talk();
  });
  const at = await listen(server, { host: "127.0.0.1", port: 0 });
  const relay = `"${process.execPath}" "${OVERWALL}" relay --quiet stdio: ${urlOf(at)}`;
  const script = `{ ${relay}; echo "status $?" >&2; } | head -c 10`;
  const { stdout, stderr } = await runToEnd("sh", ["-c", script]);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(stdout, "talk talk ");
  assert.equal(stderr, "status 0\n");
});

const native = chosenDriver();
const onlyNative = native.name !== "native" && `needs the native driver (${native.why})`;

test("a server that never speaks is let go when nobody would read its words", {
  skip: skip || onlyNative,
}, async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).resume();
  });
  const at = await listen(server, { host: "127.0.0.1", port: 0 });
  const relay = `"${process.execPath}" "${OVERWALL}" relay --quiet stdio: ${urlOf(at)}`;
  const script = `{ ${relay}; echo "status $?" >&2; } | true`;
  const { stderr } = await runToEnd("sh", ["-c", script]);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(stderr, "status 0\n");
});
