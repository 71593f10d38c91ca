import assert from "node:assert/strict";
import { test } from "node:test";
import { halfOpenIdleOf, ownEndIdleOf } from "../../src/cli/options.ts";
import { isHalfCloseable } from "../../src/contract/index.ts";
import { join } from "../../src/join/index.ts";
import { loopback, VirtualRuntime } from "../../src/memory/index.ts";
import { Recorder } from "../join/recorder.ts";
import { CliRun } from "./run-cli.ts";

/** How it ends for a client that has ended, when the far side speaks 90 s later, and is over. */
async function afterSilence(...specs: readonly string[]): Promise<string> {
  const runtime = new VirtualRuntime();
  const [client, program] = [new Recorder(), new Recorder()];
  const near = loopback(client, new Recorder(), { runtime }).right;
  const far = loopback(new Recorder(), program, { runtime }).left;
  const halfOpenIdleMs = halfOpenIdleOf(specs, {});
  const given = halfOpenIdleMs === undefined ? {} : { halfOpenIdleMs };
  const joined = join(near, far, { runtime, ...given });
  assert.ok(isHalfCloseable(client.transport));
  client.transport.loseWriteConnection();
  await runtime.runFor(90_000);
  if (!program.isLost) program.write("done");
  program.transport.loseConnection();
  await runtime.run();
  const { left } = await joined;
  return `${client.text} ${left.code ?? left.kind}`;
}

test("a program behind pipes may be silent after its input's end; anybody else has 60 s", async () => {
  assert.equal(await afterSilence("process:sh -c 'sleep 90; echo done'"), "done done");
  assert.equal(await afterSilence("process:slow-job", "tcp://127.0.0.1:80"), "done done");
  assert.equal(await afterSilence("tcp://127.0.0.1:80"), " ERR_WIRE_HALF_OPEN");
  assert.equal(await afterSilence("pty:bash -l"), " ERR_WIRE_HALF_OPEN");
});

test("a limit that was asked for holds for a program as well", () => {
  assert.equal(halfOpenIdleOf(["process:cat"], { halfOpenIdle: 5000 }), 5000);
  assert.equal(halfOpenIdleOf(["tcp://process:80"], {}), undefined);
});

test("a limit that ends a connection is told with its value, and as the command calls it", async () => {
  await using server = new CliRun(["serve", "discard", "tcp://127.0.0.1:0"]);
  const [, at = ""] = await server.saw(/listening on (\S+),/);
  await using idle = new CliRun(["connect", "--idle", "50ms", at]);
  const { code, stderr } = await idle.ended;
  assert.equal(code, 124, stderr);
  assert.match(stderr, /no byte moved either way for 50 ms \(--idle\)$/m);
});

test("connect bounds a terminal after its own end, and anybody else where that was asked for", () => {
  assert.equal(ownEndIdleOf("pty:bash -l", {}), 60_000);
  assert.equal(ownEndIdleOf("tcp://127.0.0.1:80", {}), Number.POSITIVE_INFINITY);
  assert.equal(ownEndIdleOf("process:cat", { halfOpenIdle: 2000 }), 2000);
});
