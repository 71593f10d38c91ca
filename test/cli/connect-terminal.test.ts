import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Escape } from "../../src/cli/raw-terminal.ts";
import { pty } from "../../src/wires/pty/index.ts";
import { RecordingPty } from "../wires/pty/recording-pty.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { runCli } from "./run-cli.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
/** Throws out of any turn when it is asked to. */
const CRASHING = "--import=data:text/javascript,process.on('SIGUSR2',()=>{throw(1)})";
const KEYS = "Ctrl-] three times";

const left: RecordingPty[] = [];
afterEach(() => {
  for (const { transport } of left.splice(0)) transport.abortConnection();
});

/** `overwall connect TARGET` in a shell on a terminal, as a person has it, and what follows it. */
async function person(
  target: string,
  { how = "", next = "exit $?", node = "" } = {},
): Promise<RecordingPty> {
  const env = { ...process.env, NO_COLOR: "1", TARGET: target, NODE_OPTIONS: node };
  const script = `'${process.execPath}' '${MAIN}' connect ${how} "$TARGET"; ${next}`;
  const options = { command: "sh", args: ["-c", script], env } as const;
  const terminal = pty({ ...options, size: { columns: 91, rows: 17 } });
  const at = await terminal.connect(new RecordingPty());
  left.push(at);
  return at;
}

function type(at: RecordingPty, text: string): void {
  at.transport.write(Buffer.from(text));
}

/** Resolves when it has printed `text`; rejects when it ends without. */
async function shows(at: RecordingPty, text: string): Promise<void> {
  const over = at.end().then((end) => {
    throw new Error(`${end} without ${JSON.stringify(text)}: ${at.text}`);
  });
  await Promise.race([at.prints(text), over]);
}

describe("connect on a terminal", onlyNative, () => {
  const loop = "while :; do sleep 0.02; done";

  it("gives every key to the program, which echoes once and is interrupted by Ctrl-C", async () => {
    const program = `read line; trap "exit 6" INT; echo got $line; ${loop}`;
    const at = await person(`pty:sh -c '${program}'`);
    await shows(at, KEYS);
    type(at, "words\r");
    await shows(at, "got words");
    assert.equal(at.text.split("words").length - 1, 2, at.text);
    type(at, "\x03");
    assert.equal(await at.end(), "lost peer PROCESS_EXIT 6");
  });

  it("gives the program's terminal the size of its own, and every later one", async () => {
    const program = `stty size; trap "stty size; exit" WINCH; echo ready; ${loop}`;
    const at = await person(`pty:sh -c '${program}'`);
    await shows(at, "17 91\r\nready");
    await shows(at, KEYS);
    at.transport.resize({ columns: 132, rows: 50 });
    await shows(at, "50 132");
    assert.equal(await at.end(), "done peer");
  });

  it("lets lines be lines with --no-raw, where Ctrl-D ends the program's input", async () => {
    const at = await person("pty:cat", { how: "--no-raw" });
    await shows(at, "connected");
    type(at, "line\r");
    await shows(at, "line\r\nline\r\r\nline\r\r\n");
    type(at, "\x04");
    assert.equal(await at.end(), "done peer");
    assert.ok(!at.text.includes(KEYS));
  });

  const hit = (signal: string): string =>
    `pty:sh -c 'read go; kill -${signal} $PPID; exec sleep 100'`;
  for (const [how, target, keys, node] of [
    ["its escape", "pty:sleep 100", "\x1d\x1d\x1d", ""],
    ["a program that exits", "pty:sh -c 'read go; exit 3'", "\r", ""],
    ["SIGTERM", hit("TERM"), "\r", ""],
    ["SIGQUIT", hit("QUIT"), "\r", ""],
    ["a crash", hit("USR2"), "\r", CRASHING],
  ] as const) {
    it(`leaves the terminal as it was after ${how}`, async () => {
      const at = await person(target, { node, next: `echo "left with $?"; stty -a` });
      await shows(at, KEYS);
      type(at, keys);
      await at.end();
      const [, after = ""] = at.text.split("left with ");
      assert.match(after, /\sicanon/, at.text);
      assert.match(after, /\secho\s/, at.text);
    });
  }
});

it("connect refuses single keys where input is no terminal", async () => {
  const { code, stderr } = await runCli("connect", "--raw", "tcp://127.0.0.1:9");
  assert.equal(code, 2);
  assert.match(stderr, /--raw\): standard input is no terminal/);
});

it("three keys within a second leave, however they come; fewer, or others between, do not", () => {
  const typed = (...keys: readonly [string, number][]): boolean => {
    const leaving = new Escape();
    return keys.some(([text, atMs]) => leaving.isIn(Buffer.from(text), atMs));
  };
  assert.equal(typed(["\x1d\x1d\x1d", 0]), true);
  assert.equal(typed(["a\x1d", 0], ["\x1d", 400], ["\x1d", 800]), true);
  assert.equal(typed(["\x1d\x1d", 0], ["\x1d", 1200], ["\x1d", 1300]), false);
  assert.equal(typed(["\x1d\x1da\x1d", 0]), false);
});
