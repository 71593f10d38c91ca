import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CliRun, runCli } from "./run-cli.ts";

interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function summaryOf(stdout: Buffer): Summary {
  const lines = stdout.toString().trim().split("\n");
  return JSON.parse(lines.at(-1) ?? "") as Summary;
}

/** A port that was free a moment ago, for a proxy that has to know it in advance. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("conform finds nothing broken on the wires of this version", () => {
  test("memory and tcp", async () => {
    for (const url of ["memory://conform", "tcp://127.0.0.1:0"]) {
      const ended = await runCli("conform", url, "--json");
      const { passed, failed } = summaryOf(ended.stdout);
      assert.equal(failed, 0, ended.stdout.toString());
      assert.ok(passed > 100, `${passed} checks of ${url}`);
      assert.equal(ended.code, 0);
    }
  });

  test("unix, with what cannot be seen there skipped by name", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "overwall-conform-"));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const ended = await runCli("conform", `unix://${folder}/c.sock`, "--tap");
    const text = ended.stdout.toString();
    assert.match(text, /^TAP version 13\n1\.\.\d+\n/);
    assert.doesNotMatch(text, /^not ok/m);
    assert.match(text, /^ok \d+ - .*: reason\.lost .* # SKIP the wire has no abortVisible$/m);
    assert.equal(ended.code, 0);
  });
});

for (const url of ["process:cat", "pty:cat", "stdio:", "fd:0,1"]) {
  test(`conform refuses ${url}, where nobody can connect`, async () => {
    await using run = new CliRun(["conform", "--case", "write.order", url]);
    // Its input stays open: it must end without it.
    const { code, stderr } = await run.ended;
    assert.match(stderr, /^overwall: Cannot conform \S+: .* nobody could connect to it/);
    assert.equal(code, 2);
  });
}

describe("conform --through", () => {
  test("finds nothing broken in our own relay", async () => {
    const target = `tcp://127.0.0.1:${await freePort()}`;
    await using relay = new CliRun(["relay", "tcp://127.0.0.1:0", target]);
    const [, front] = await relay.saw(/listening on (\S+),/);
    const ended = await runCli("conform", "--through", `${front}=${target}`, "--json");
    const { passed, failed } = summaryOf(ended.stdout);
    assert.equal(failed, 0, ended.stdout.toString());
    assert.ok(passed >= 20, `${passed} checks`);
    assert.equal(ended.code, 0);
  });

  test("finds the late reply that a.pipe(b) loses, and fails", async () => {
    const port = await freePort();
    const naive = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      near.pipe(far);
      far.pipe(near);
      for (const socket of [near, far]) socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => naive.listen(0, "127.0.0.1", resolve));
    const front = `tcp://127.0.0.1:${(naive.address() as AddressInfo).port}`;
    const through = `${front}=tcp://127.0.0.1:${port}`;
    const run = new CliRun(["conform", "--through", through, "--case", "halfClose.lateReply"]);
    const ended = await run.input().ended;
    await new Promise((resolve) => naive.close(resolve));
    assert.match(ended.stdout.toString(), /BROKEN {2}halfClose\.lateReply \(left→right\)/);
    assert.equal(ended.code, 1);
  });
});
