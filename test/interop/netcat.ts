import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern } from "../../src/testing/pattern.ts";
import { Program, runToEnd } from "./program.ts";
import type { Interoperation, Passed, Setting } from "./relayed.ts";
import { assertCarried, relayTo } from "./relayed.ts";
import type { SocketAddress } from "./socket-address.ts";
import { freePort } from "./socket-address.ts";

/**
 * `nc` to `nc`, one direction after the other. Not both at once: a listening `nc` leaves when its
 * client has ended, with what it still had to send, relay or not.
 */
export const netcat: Interoperation = {
  name: "nc",
  needs: ["nc"],
  // It tells its version with its usage, on stderr.
  asksVersion: ["sh", "-c", "nc -h 2>&1"],
  async run(setting) {
    const there = await oneWay(setting, "to the server");
    const back = await oneWay(setting, "to the client");
    return { connections: 2, bytes: there.bytes + back.bytes };
  },
};

async function oneWay(setting: Setting, way: "to the server" | "to the client"): Promise<Passed> {
  const data = pattern(setting.full ? 20_000_000 : 2_000_000, 11);
  const sending = { args: ["-N"], options: { input: data, digestOnly: true } };
  const taking = { args: ["-d"], options: { digestOnly: true } };
  const isThere = way === "to the server";
  const [near, far] = isThere ? [sending, taking] : [taking, sending];
  const target = await targetFor(setting, way);
  const serving = [...far.args, "-v", "-l", ...placeOf(target)];
  await using server = new Program("nc", serving, far.options);
  await server.until(({ stderr }) => /^Listening on/m.test(stderr) || undefined);
  await using relay = await relayTo(target, setting);
  const client = await runToEnd("nc", [...near.args, ...placeOf(relay.at)], near.options);
  const served = await server.outcome;
  assert.deepEqual([client.status, client.stderr, served.status], [0, "", 0]);
  const got = isThere ? served : client;
  assert.equal(got.stdoutSha256, createHash("sha256").update(data).digest("hex"), way);
  const [toTarget, fromTarget] = isThere ? [data.length, 0] : [0, data.length];
  return await assertCarried(relay, { connections: 1, toTarget, fromTarget });
}

async function targetFor({ onto, scratch }: Setting, way: string): Promise<SocketAddress> {
  return onto === "tcp"
    ? { host: "127.0.0.1", port: await freePort() }
    : { path: scratch.path(`nc ${way}`) };
}

function placeOf(at: SocketAddress): string[] {
  return "path" in at ? ["-U", at.path] : [at.host, String(at.port)];
}
