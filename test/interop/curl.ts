import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { pattern } from "../../src/testing/pattern.ts";
import { runToEnd } from "./program.ts";
import type { Interoperation } from "./relayed.ts";
import { assertCarried, relayTo } from "./relayed.ts";
import { freshAddress, listen } from "./socket-address.ts";

/** `curl` downloads a file: the SHA-256 of what it wrote is that of what was served. */
export const curl: Interoperation = {
  name: "curl",
  needs: ["curl"],
  asksVersion: ["curl", "--version"],
  async run(setting) {
    const block = pattern(2 ** 20, 7);
    const blocks = setting.full ? 100 : 10;
    const sockets: Socket[] = [];
    const server = createServer((_request, response) => {
      response.writeHead(200, { "Content-Length": block.length * blocks, Connection: "close" });
      let left = blocks;
      const write = (): void => {
        while (left > 0) {
          left -= 1;
          if (!response.write(block)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    });
    server.on("connection", (socket) => sockets.push(socket));
    const target = await listen(server, freshAddress(setting.onto, setting.scratch));
    try {
      await using relay = await relayTo(target, setting);
      const way =
        "path" in relay.at
          ? ["--unix-socket", relay.at.path, "http://file.test/"]
          : [`http://127.0.0.1:${relay.at.port}/`];
      const args = ["--silent", "--show-error", "--fail", "--noproxy", "*", ...way];
      const { status, stderr, stdoutSha256 } = await runToEnd("curl", args, { digestOnly: true });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      const hash = createHash("sha256");
      for (let index = 0; index < blocks; index++) hash.update(block);
      assert.equal(stdoutSha256, hash.digest("hex"));
      const [socket] = sockets;
      assert.ok(socket !== undefined);
      const { bytesRead: toTarget, bytesWritten: fromTarget } = socket;
      assert.ok(fromTarget > block.length * blocks);
      return await assertCarried(relay, { connections: 1, toTarget, fromTarget });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  },
};
