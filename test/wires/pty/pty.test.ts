import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pty } from "../../../src/wires/pty/index.ts";
import { onlyNative, openCount, turns } from "../unix/descriptor-rig.ts";
import { onTerminal, RecordingPty } from "./recording-pty.ts";

const typed = (text: string): Buffer => Buffer.from(text);

describe("pty: a program on a terminal", onlyNative, () => {
  it("prints to its end, both streams as one, and has ended in order (CORE-348, CORE-349)", async () => {
    const child = await onTerminal("echo out; echo err >&2; tty >/dev/null && echo terminal");
    assert.equal(await child.end(), "done peer");
    assert.equal(child.text, "out\r\nerr\r\nterminal\r\n");
    assert.deepEqual(child.calls.filter((call) => call !== "data").slice(-3), [
      "writeLost",
      "ended",
      "lost",
    ]);
  });

  for (const [script, end] of [
    ["exit 7", "lost peer PROCESS_EXIT 7"],
    ["kill -TERM $$", "lost peer PROCESS_EXIT SIGTERM"],
  ] as const) {
    it(`tells how it ended: ${script}`, async () => {
      const child = await onTerminal(script);
      assert.equal(await child.end(), end);
      assert.equal(child.statuses.length, 1);
      assert.equal(child.transport.pid, null);
    });
  }

  it("keeps what it printed for a reader that comes after its exit (CORE-351)", async () => {
    const child = await onTerminal("printf %3000d 1; exit 3", { raw: true });
    child.transport.pauseProducing();
    while (child.statuses.length === 0) await turns(1);
    assert.equal(child.byteCount, 0);
    child.transport.resumeProducing();
    assert.equal(await child.end(), "lost peer PROCESS_EXIT 3");
    assert.equal(child.byteCount, 3000);
  });

  it("gives all of 5 MiB to a reader that pauses", async () => {
    const child = await onTerminal("head -c 5242880 /dev/zero", { raw: true });
    child.transport.pauseProducing();
    await turns(200);
    child.transport.resumeProducing();
    assert.equal(await child.end(), "done peer");
    assert.equal(child.byteCount, 5_242_880);
  });

  it("is held back by a reader that does not read", async () => {
    const child = await onTerminal("yes");
    child.transport.pauseProducing();
    await turns(50);
    const before = child.transport.ledger.received;
    await turns(500);
    assert.equal(child.transport.ledger.received, before);
    child.transport.abortConnection();
    assert.equal(await child.end(), "aborted us SIGKILL");
  });

  it("reads what is typed, and control characters reach the foreground", async () => {
    const wait = "while :; do sleep 0.02; done";
    const child = await onTerminal(`trap 'exit 9' INT; read line; echo got $line; ${wait}`);
    child.transport.write(typed("words\r"));
    await child.prints("got words");
    child.transport.write(typed("\x03"));
    assert.equal(await child.end(), "lost peer PROCESS_EXIT 9");
  });

  it("ends its input by a character, since a terminal has no other end", async () => {
    const child = await onTerminal("cat; echo over");
    assert.deepEqual([...child.transport.capabilities], ["abort", "backPressure"]);
    assert.throws(() => child.transport.loseWriteConnection(), { code: "ERR_WIRE_UNSUPPORTED" });
    child.transport.write(typed("line\n\x04"));
    assert.equal(await child.end(), "done peer");
    assert.match(child.text, /line\r\nline\r\n.*over\r\n/);
  });

  it("takes 1 MiB both ways when it is raw, byte for byte", async () => {
    const child = await onTerminal("echo ready; exec head -c 1048576", { raw: true });
    await child.prints("ready\n");
    const data = Buffer.from(Array.from({ length: 1_048_576 }, (_, index) => index % 251));
    child.transport.write(data);
    assert.equal(await child.end(), "done peer");
    assert.ok(child.bytes.subarray("ready\n".length).equals(data));
  });

  it("has the size it was given, and is told of another", async () => {
    const script =
      "stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.02; done";
    const child = await onTerminal(script, { size: { columns: 91, rows: 17 } });
    await child.prints("ready");
    assert.match(child.text, /^17 91\r\n/);
    child.transport.resize({ columns: 132, rows: 50 });
    assert.deepEqual(child.transport.terminalSize, { columns: 132, rows: 50 });
    assert.equal(await child.end(), "done peer");
    assert.match(child.text, /50 132\r\n$/);
    child.transport.resize({ columns: 1, rows: 1 });
    assert.deepEqual(child.transport.terminalSize, { columns: 132, rows: 50 });
  });

  it("is hung up by loseConnection, once what was typed is sent (CORE-352)", async () => {
    const child = await onTerminal("echo ready; sleep 100");
    await child.prints("ready");
    child.transport.loseConnection();
    assert.equal(await child.end(), "done us");
    assert.deepEqual(child.statuses, [{ exitCode: null, signal: "SIGHUP" }]);
  });

  it("that ignores the hang-up is waited for, and its status is told", async () => {
    const child = await onTerminal("trap '' HUP; echo ready; sleep 0.2; exit 5");
    await child.prints("ready");
    child.transport.loseConnection();
    assert.equal(await child.end(), "lost peer PROCESS_EXIT 5");
  });

  it("that ignores it for too long is left to itself, and no output is told", async () => {
    const child = await onTerminal("trap '' HUP; echo ready; sleep 1", { hangUpGraceMs: 50 });
    await child.prints("ready");
    child.transport.loseConnection();
    assert.equal(await child.end(), "done us");
    assert.deepEqual(child.statuses, []);
  });

  it("is signalled by name, with or without SIG, and by number", async () => {
    for (const signal of ["USR1", "SIGUSR1", "usr1", 10]) {
      const child = await onTerminal(
        "trap 'exit 4' USR1; echo ready; while :; do sleep 0.02; done",
      );
      await child.prints("ready");
      assert.equal(child.transport.signalProcess(signal), true);
      assert.equal(await child.end(), "lost peer PROCESS_EXIT 4");
      assert.equal(child.transport.signalProcess(signal), false);
    }
    const child = await onTerminal("sleep 100");
    assert.throws(() => child.transport.signalProcess("NOPE"), RangeError);
    child.transport.abortConnection();
    await child.lost;
  });

  it("has one pipe alone, and says so", async () => {
    const child = await onTerminal("sleep 100");
    assert.equal(child.transport.childTransport(0), child.transport);
    assert.equal(child.transport.childTransport(1), child.transport);
    assert.throws(() => child.transport.childTransport(2), RangeError);
    assert.throws(() => child.transport.writeToChild(3, typed("x")), RangeError);
    assert.throws(() => child.transport.closeChildFD(0), { code: "ERR_WIRE_UNSUPPORTED" });
    child.transport.abortConnection();
    await child.lost;
  });

  it("leaves no descriptor of ours behind, however it ends", async () => {
    await (await onTerminal("true")).lost;
    await turns();
    const before = openCount();
    const [aborted, hungUp, killed] = await Promise.all([
      onTerminal("sleep 100"),
      onTerminal("sleep 100"),
      onTerminal("sleep 100"),
      (await onTerminal("true")).lost,
      pty({ command: "no-such-program" })
        .connect(new RecordingPty())
        .catch(() => undefined),
    ]);
    aborted.transport.abortConnection();
    hungUp.transport.loseConnection();
    killed.transport.signalProcess("KILL");
    await Promise.all([aborted.lost, hungUp.lost, killed.lost]);
    await turns();
    assert.equal(openCount(), before);
  });

  it("that cannot be started is refused by name, before any call", async () => {
    const child = new RecordingPty();
    const refused = async (command: string, cwd?: string): Promise<string> =>
      pty({ command, ...(cwd !== undefined && { cwd }) })
        .connect(child)
        .then(
          () => "it started",
          ({ code, message }) => `${code} ${message}`,
        );
    assert.match(
      await refused("no-such-program"),
      /^ERR_WIRE_REFUSED .*pty:no-such-program.*no such program/,
    );
    assert.match(await refused("/etc/passwd"), /^ERR_WIRE_PERMISSION /);
    assert.match(await refused("sh", "/no/such/folder"), /cwd, \/no\/such\/folder/);
    assert.deepEqual(child.calls, []);
  });

  it("throws for wrong options in the call", () => {
    const wrong: readonly [unknown, ErrorConstructor][] = [
      [undefined, TypeError],
      [{}, TypeError],
      [{ command: "" }, RangeError],
      [{ command: "a\0b" }, RangeError],
      [{ command: "a", args: "b" }, TypeError],
      [{ command: "a", args: [1] }, TypeError],
      [{ command: "a", env: "all" }, TypeError],
      [{ command: "a", raw: 1 }, TypeError],
      [{ command: "a", size: 80 }, TypeError],
      [{ command: "a", size: { columns: 0, rows: 24 } }, RangeError],
      [{ command: "a", size: { columns: 80, rows: 65_536 } }, RangeError],
      [{ command: "a", hangUpGraceMs: -1 }, RangeError],
    ];
    for (const [options, error] of wrong) assert.throws(() => pty(options as never), error);
  });
});
