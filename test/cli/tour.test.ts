import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { RULES } from "../../src/cli/tour/rules.ts";
import { TOUR_WIRES } from "../../src/cli/tour/wires/table.ts";
import { cases } from "../../src/testing/index.ts";
import { runCli } from "./run-cli.ts";
import type { TourEvent } from "./tour-run.ts";
import { TourRun } from "./tour-run.ts";

test("what the tour tells with --json adds up, and holds every number that it shows", async () => {
  await using run = new TourRun(["tcp", "unix", "loopback"]);
  const { code, stderr } = await run.input().ended;
  assert.deepEqual([code, stderr], [0, ""]);
  const wires = ["tcp", "unix", "loopback"];
  assert.deepEqual(keysOf(run.of("wire")), wires);
  assert.deepEqual(keysOf(run.of("heard")), wires.slice(1));
  for (const { inOrder, intact, lines, of } of run.of("heard"))
    assert.deepEqual([lines, inOrder, intact], [of, of, of]);
  for (const { bytes } of run.of("lateReply")) assert.equal(bytes, 1_000_000);
  const [slow] = run.of("slowReader");
  assert.ok(Number(slow?.["paused"]) > 0 && slow?.["received"] === slow?.["of"]);
  assertRulesAddUp(run, wires.length);
  const tools = run.of("tool");
  const ours = tools.filter(({ ours: isOurs }) => isOurs === true);
  assert.ok(ours.length > 0 && ours.every(({ bytes, of }) => bytes === of));
  assert.ok(tools.length > ours.length);
  const [ledger] = run.of("ledger");
  for (const count of ["bytesIn", "bytesOut", "ends", "closes", "unaccounted"])
    assert.equal(sumOf(run.of("account"), count), ledger?.[count], count);
  assert.equal(ledger?.["bytesIn"], ledger?.["bytesOut"], "each end has what the other one sent");
  assert.equal(ledger?.["unaccounted"], 0);
  assert.equal(run.of("summary")[0]?.["failed"], 0);
});

test("a member killed in the middle turns exactly its row red, and the exit code is 1", async () => {
  await using run = new TourRun(["tcp", "process", "stdio"]);
  const victim = (await run.rows()).find(({ wire }) => wire === "stdio");
  process.kill(victim?.pid ?? 0, "SIGKILL");
  const { code } = await run.input().ended;
  assert.equal(code, 1);
  const [lost] = run.of("memberLost");
  assert.deepEqual([lost?.wire, lost?.["member"]], ["stdio", victim?.member]);
  assert.match(String(lost?.["reason"]), /lost by peer, ERR_WIRE_PROCESS_EXIT, SIGKILL/);
  const red = run.of("account").filter(({ held }) => held === false);
  assert.deepEqual(keysOf(red), ["stdio"]);
});

test("an interrupt leaves no listener, no socket file and no process behind", async () => {
  await using run = new TourRun(["tcp", "unix", "process", "stdio", "pty"]);
  const rows = await run.rows();
  const socket = rows.find(({ wire }) => wire === "unix")?.address.replace("unix://", "") ?? "";
  assert.ok(existsSync(socket));
  run.child.kill("SIGINT");
  const { code, stderr } = await run.ended;
  assert.deepEqual([code, stderr], [130, ""]);
  assert.ok(!existsSync(socket) && !existsSync(socket.replace(/\/[^/]*$/, "")), "the folder stays");
  const port = Number(
    rows
      .find(({ wire }) => wire === "tcp")
      ?.address.split(":")
      .at(-1),
  );
  await assert.rejects(dialled(port), { code: "ECONNREFUSED" });
  for (const { pid } of rows) if (pid !== undefined) await gone(pid);
});

test("every rule of the tour is a case of the suite", () => {
  const known = new Set(cases.map(({ id }) => id));
  assert.deepEqual(
    RULES.filter(([id]) => !known.has(id)),
    [],
  );
});

test("--why names the capability that each missing cell is missing", async () => {
  const { code, stdout } = await runCli("tour", "--why");
  assert.equal(code, 0);
  assert.match(stdout.toString(), /^unix +a reset is told as one +the wire has no abortVisible$/m);
});

test("--source shows the very file that runs", async () => {
  const { stdout } = await runCli("tour", "--source");
  const [first = "", ...rest] = stdout.toString().split("\n");
  assert.equal(
    first.replace(/^\/\/ /, ""),
    fileURLToPath(new URL("../../src/cli/services/chat.js", import.meta.url)),
  );
  assert.ok(rest.some((line) => line.startsWith("export class Chat")));
  for (const line of rest) assert.ok(line.length <= 80, `too wide: ${line}`);
});

test("a wire that is none is a usage error that names the nearest", async () => {
  const { code, stderr } = await runCli("tour", "--wire", "unx");
  assert.equal(code, 2);
  assert.match(stderr, /did you mean "unix"/);
});

test("the wires of the table are told apart by key, title and column", () => {
  for (const name of ["key", "title", "column"] as const) {
    const all = TOUR_WIRES.map((wire) => wire[name]);
    assert.equal(new Set(all).size, all.length, name);
  }
  assert.ok(TOUR_WIRES.every(({ column }) => column.length <= 3));
});

function assertRulesAddUp(run: TourRun, wireCount: number): void {
  const cells = run.of("rule");
  assert.equal(cells.length, wireCount * RULES.length);
  const [total] = run.of("rules");
  for (const outcome of ["held", "broken", "notApplicable", "notTried"]) {
    const some = cells.filter((cell) => cell["outcome"] === outcome);
    assert.equal(sumOf(some, "checks"), total?.[outcome], outcome);
  }
  assert.equal(total?.["broken"], 0);
}

function keysOf(events: readonly TourEvent[]): readonly (string | undefined)[] {
  return events.map(({ wire }) => wire);
}

function sumOf(events: readonly TourEvent[], fact: string): number {
  return events.reduce((sum, event) => sum + Number(event[fact]), 0);
}

function dialled(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

/** Resolves when there is no such process: whose parent is gone is reaped by the system. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
