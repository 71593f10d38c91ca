import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { runToEnd } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const missing = missingPrograms(["tmux"]);
const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;

test("on a terminal of 80 by 24 no line is wider, and a key goes on", { skip }, async () => {
  using scratch = new Scratch();
  const [socket, screen, code] = ["tmux", "screen", "code"].map((name) => scratch.path(name));
  const tour = `'${process.execPath}' '${MAIN}' tour --wire tcp --wire unix --wire loopback --wire pty --pace 1h`;
  // What is on the screen at the end is kept, with all that has scrolled off it.
  const script = [
    `${tour}; echo $? > '${code}'`,
    `tmux -S '${socket}' capture-pane -t tour -p -J -S - > '${screen}'`,
  ].join("; ");
  const tmux = (...args: string[]): string =>
    execFileSync("tmux", ["-S", socket as string, ...args], { encoding: "utf8" });
  const began = await runToEnd("tmux", [
    ...["-S", socket as string, "-f", "/dev/null", "new-session", "-d", "-s", "tour"],
    ...["-x", "80", "-y", "24", `${script}; tmux -S '${socket}' wait-for -S shown`],
  ]);
  assert.equal(began.status, 0, began.stderr);
  const timer = setInterval(() => {
    try {
      // Before that, what is typed is echoed.
      if (tmux("capture-pane", "-t", "tour", "-p", "-S", "-").includes("keys: space")) {
        tmux("send-keys", "-t", "tour", "Space");
      }
    } catch {
      // It is over.
    }
  }, 200);
  try {
    await runToEnd("tmux", ["-S", socket as string, "wait-for", "shown"]);
  } finally {
    clearInterval(timer);
  }
  const lines = readFileSync(screen as string, "utf8").split("\n");
  assert.equal(readFileSync(code as string, "utf8").trim(), "0", lines.join("\n"));
  for (const line of lines) assert.ok(line.length <= 80, `too wide: ${line}`);
  assert.ok(lines.some((line) => line.includes("● alice   nc 127.0.0.1")));
  assert.ok(lines.some((line) => line.includes("checks held")));
});
