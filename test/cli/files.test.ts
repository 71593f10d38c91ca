import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { CliRun, runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const whole = join(folder, "whole");
writeFileSync(whole, "x".repeat(1000));

const rows: readonly (readonly [string, string, string, RegExp])[] = [
  ["a disk that is full", `file:${whole}`, "file:///dev/full?append", /ENOSPC.*1,000 B unsent/],
  ["a read that fails", "file:///proc/self/mem", "stdio:", /client side lost on the wire: .*EIO/],
  ["a file that is not there", `file:${folder}/none`, "stdio:", /file:\S+\/none: it is not there/],
  ["a folder", `file:${folder}`, "stdio:", /file:\S+: it is a directory/],
  ["a descriptor that is not open", "fd:999", "stdio:", /fd:999: descriptor 999 is not open/],
  ["a program that is not there", "stdio:", "process:no-such", /process:no-such: there is no such/],
];

describe("relay says what is wrong in one line, and fails", () => {
  for (const [what, from, onto, words] of rows) {
    const lacks = [from, onto]
      .map((url) => /^file:\/\/(\/(?:dev|proc)[^?]*)/.exec(url)?.[1])
      .find((path) => path !== undefined && !existsSync(path));
    test(what, { skip: lacks !== undefined && `needs ${lacks}` }, async () => {
      const { code, stdout, stderr } = await runCli("relay", from, onto);
      assert.equal(code, 1, stderr);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.equal(stdout.length, 0);
    });
  }
});

describe("connect to a file that is read", () => {
  test("fails when standard input had something to write, and says how to", async () => {
    for (const more of [[], ["-q"], ["--json"]]) {
      const run = new CliRun(["connect", ...more, `file:${whole}`]).input("not taken\n");
      const { code, stdout, stderr } = await run.ended;
      assert.deepEqual([code, stdout.length], [1, 1000], stderr);
      assert.match(stderr, /Cannot send standard input: file:\S+ took nothing of it; .*\?write/);
    }
  });

  test("is done when there was nothing to write", async () => {
    const { code, stdout, stderr } = await runCli("connect", "-q", `file:${whole}`);
    assert.deepEqual([code, stdout.length, stderr], [0, 1000, ""]);
  });
});
