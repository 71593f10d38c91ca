import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RULES } from "../../src/cli/tour/rules.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { CliRun, runCli } from "./run-cli.ts";
import { TourRun } from "./tour-run.ts";

/** What is true of a terminal, whatever carries it: the rest is refused, or lost by a hang-up. */
const HELD: readonly string[] = [
  ...["write.order", "reentry.write", "backPressure.slowReader"],
  ...["flushed.rejects", "protocol.throws"],
];

describe("the terminal of the tour", onlyNative, () => {
  it("hears every line, says goodbye and exits in order, with no byte missing", async () => {
    await using run = new TourRun(["tcp", "pty"]);
    const { code, stderr } = await run.input().ended;
    assert.deepEqual([code, stderr], [0, ""]);
    const [heard] = run.of("heard");
    assert.deepEqual([heard?.wire, heard?.["intact"]], ["pty", heard?.["of"]]);
    const account = run.of("account").find(({ wire }) => wire === "pty");
    assert.deepEqual(account?.["reasons"], { "done/peer": 1 });
    assert.deepEqual([account?.["held"], account?.["unaccounted"]], [true, 0]);
  });

  it("is not said to hold what a terminal cannot, and each such rule has its reason", async () => {
    await using run = new TourRun(["pty"]);
    assert.equal((await run.input().ended).code, 0);
    const cells = run.of("rule");
    assert.equal(cells.length, RULES.length);
    for (const { outcome, rule, why } of cells) {
      const isHeld = HELD.includes(String(rule));
      assert.equal(outcome, isHeld ? "held" : "notApplicable", `${String(rule)}: ${String(why)}`);
      if (!isHeld) assert.match(String(why), /^(the wire has no|a hang-up drops) /);
    }
    const [reply] = run.of("lateReply");
    assert.equal(reply?.["skipped"], "its directions do not end separately");
    const { stdout } = await runCli("tour", "--why", "--wire", "pty");
    const reasons = stdout.toString().split("\n").slice(0, -1);
    assert.equal(reasons.length, RULES.length - HELD.length);
    for (const line of reasons) assert.ok(line.length <= 80, `too wide: ${line}`);
  });

  it("is red alone when its program is killed in the middle, and the exit code is 1", async () => {
    await using run = new TourRun(["tcp", "pty"]);
    const victim = (await run.rows()).find(({ wire }) => wire === "pty");
    process.kill(victim?.pid ?? 0, "SIGKILL");
    const { code } = await run.input().ended;
    assert.equal(code, 1);
    const red = run.of("account").filter(({ held }) => held === false);
    assert.deepEqual(
      red.map(({ wire }) => wire),
      ["pty"],
    );
    assert.match(String(run.of("memberLost")[0]?.["reason"]), /ERR_WIRE_PROCESS_EXIT, SIGKILL/);
  });
});

it("without the native driver the terminal's row says why, and all other checks count", async () => {
  const args = ["tour", "--plain", "--wire", "tcp", "--wire", "unix", "--wire", "pty"];
  const env = { OVERWALL_ADDON: "/nowhere/overwall.node", OVERWALL_DRIVER: "portable" };
  await using run = new CliRun(args, { env });
  const { code, stderr, stdout } = await run.input().ended;
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.toString().split("\n");
  for (const line of lines) assert.ok(line.length <= 80, `too wide: ${line}`);
  const rows = lines.filter((line) => /\bpty\b/.test(line));
  assert.equal(rows.length, 1, rows.join("\n"));
  assert.match(rows[0] ?? "", /^ {2}pty {9}– \S+/);
  assert.ok(lines.some((line) => line.startsWith("  2 wires, 2 members")));
  assert.ok(lines.some((line) => / all \d+ checks held/.test(line)));
});
