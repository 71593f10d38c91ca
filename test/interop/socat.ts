import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern } from "../../src/testing/pattern.ts";
import { Program, runToEnd } from "./program.ts";
import type { Interoperation, Setting } from "./relayed.ts";
import { assertCarried, relayTo } from "./relayed.ts";
import type { SocketAddress } from "./socket-address.ts";
import { freePort } from "./socket-address.ts";

/** `socat` to `socat`: the one sends and ends, the other answers to its end. */
export const socat: Interoperation = {
  name: "socat",
  needs: ["socat"],
  asksVersion: ["socat", "-V"],
  async run(setting) {
    const size = setting.full ? 20_000_000 : 2_000_000;
    const question = pattern(size, 17);
    const answer = pattern(size + 54_321, 19);
    const target = await targetFor(setting);
    const listening =
      "path" in target
        ? `UNIX-LISTEN:${target.path}`
        : `TCP4-LISTEN:${target.port},bind=127.0.0.1,reuseaddr`;
    await using server = new Program("socat", ["-d", "-d", "-t", "30", listening, "STDIO"], {
      input: "open",
      digestOnly: true,
    });
    await server.until(({ stderr }) => /listening on/.test(stderr) || undefined);
    await using relay = await relayTo(target, setting);
    const { at } = relay;
    const place = "path" in at ? `UNIX-CONNECT:${at.path}` : `TCP4:127.0.0.1:${at.port}`;
    const asking = runToEnd("socat", ["-t", "30", "STDIO", place], {
      input: question,
      digestOnly: true,
    });
    // The answer is given when the client has long ended its side.
    await server.until(({ stderr }) => /socket 1.*is at EOF|is at EOF/.test(stderr) || undefined);
    server.write(answer);
    server.endInput();
    const [client, served] = [await asking, await server.outcome];
    assert.deepEqual([client.status, client.stderr, served.status], [0, "", 0]);
    assert.equal(client.stdoutSha256, sha256(answer));
    assert.equal(served.stdoutSha256, sha256(question));
    return await assertCarried(relay, {
      connections: 1,
      toTarget: question.length,
      fromTarget: answer.length,
    });
  },
};

async function targetFor({ onto, scratch }: Setting): Promise<SocketAddress> {
  return onto === "tcp"
    ? { host: "127.0.0.1", port: await freePort() }
    : { path: scratch.path("socat") };
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
