import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isWireError } from "../../../src/contract/index.ts";
import { whyNotNative } from "../../../src/wires/_drivers/native/addon.ts";
import { childProcess } from "../../../src/wires/process/index.ts";
import { runToEnd } from "../../interop/program.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";
import { childrenOfOurs, descriptorCount } from "./machine.ts";
import { HalfCloseAwareProcess, RecordingProcess, shell } from "./recording-process.ts";

const options = process.platform === "win32" ? { skip: "no POSIX shell here" } : {};

const noProc = process.platform !== "linux" && "needs /proc";

/** The pipes and sockets of this process; their names are the same for all who hold them. */
function openHere(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter((what) => /^(pipe|socket):/.test(what));
    } catch {
      return [];
    }
  });
}

describe("childProcess", options, () => {
  it("starts programs with no environment unless told (CORE-311)", async () => {
    const inherited = await childProcess({ command: "/usr/bin/env", env: "inherit" }).connect(
      new RecordingProcess(),
    );
    const empty = await childProcess({ command: "/usr/bin/env" }).connect(new RecordingProcess());
    const given = await childProcess({ command: "/usr/bin/env", env: { A: "1" } }).connect(
      new RecordingProcess(),
    );
    await Promise.all([inherited.lost, empty.lost, given.lost]);
    assert.equal(empty.bytes.toString(), "");
    assert.equal(given.bytes.toString(), "A=1\n");
    assert.match(inherited.bytes.toString(), /^PATH=/m);
  });

  it("runs in cwd, with arguments as they are given (CORE-310)", async () => {
    const child = await childProcess({
      command: "/bin/sh",
      args: ["-c", 'pwd; echo "$1"', "sh", "a  b'\""],
      cwd: "/",
    }).connect(new RecordingProcess());
    await child.lost;
    assert.equal(child.bytes.toString(), "/\na  b'\"\n");
  });

  it("takes what is written, and its end, and gives what comes (CORE-324)", async () => {
    const child = await childProcess({ command: "/bin/cat" }).connect(new HalfCloseAwareProcess());
    child.transport.write(Buffer.from("hello"));
    child.transport.loseWriteConnection();
    const reason = await child.lost;
    assert.equal(child.bytes.toString(), "hello");
    assert.equal(`${reason.kind} ${reason.by}`, "done us");
  });

  it("does not keep this process for one that may not be killed", async () => {
    const path = fileURLToPath(new URL("not-to-be-killed.js", import.meta.url));
    const { stderr, stdout } = await runToEnd(process.execPath, [path]);
    const told = /^aborted us undefined (\d+)\n$/.exec(stdout) ?? assert.fail(stdout + stderr);
    // It runs on, without us.
    assert.equal(process.kill(Number(told[1]), "SIGKILL"), true);
  });

  it("tells exits, then ends, then that the connection is lost (CORE-333, CORE-338)", async () => {
    const child = await shell("exit 0");
    assert.equal(typeof child.transport.pid, "number");
    await child.lost;
    assert.equal(child.transport.pid, null);
    assert.deepEqual(child.calls.slice(-2), ["ended", "lost"]);
    assert.deepEqual([...child.calls].filter((call) => call.startsWith("childLost")).sort(), [
      "childLost 0",
      "childLost 1",
    ]);
    assert.equal(child.calls.filter((call) => call === "exited").length, 1);
  });

  it("carries every descriptor in its own direction (CORE-313)", async () => {
    const child = await shell("cat <&3; echo four >&4; echo error >&2", {
      fds: { 2: "r", 3: "w", 4: "r" },
    });
    child.transport.writeToChild(3, Buffer.from("three"));
    child.transport.closeChildFD(3);
    const reason = await child.lost;
    assert.equal(reason.kind, "done");
    assert.equal(child.bytes.toString(), "three");
    assert.equal(child.childTexts.get(4), "four\n");
    assert.equal(child.childTexts.get(2), "error\n");
    for (const fd of [2, 3, 4]) assert.ok(child.calls.includes(`childLost ${fd}`));
  });

  it("holds one descriptor back without the others", async () => {
    const child = await shell("head -c 3000000 /dev/zero >&4; echo after", { fds: { 4: "r" } });
    const side = child.transport.childTransport(4);
    side.pauseProducing();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(child.byteCount, 0);
    assert.ok(side.ledger.received < 1_000_000);
    side.resumeProducing();
    await child.lost;
    assert.equal(child.childTexts.get(4)?.length, 3_000_000);
    assert.equal(child.bytes.toString(), "after\n");
  });

  it("refuses to write where the child does not read (CORE-325)", async () => {
    const child = await shell("cat", { fds: { 3: "w" } });
    const { transport } = child;
    assert.throws(() => transport.writeToChild(7, Buffer.from("x")), RangeError);
    transport.closeChildFD(7);
    transport.closeChildFD(3);
    transport.writeToChild(3, Buffer.from("late"));
    assert.equal(transport.childTransport(3).ledger.dropped, 4);
    transport.loseConnection();
    await child.lost;
  });

  it("ends although something it started holds its input open (CORE-334)", async () => {
    // A shell gives what runs in the background no input, unless it is given one by number.
    const script = "exec 5<&0; sleep 60 <&5 5<&- >/dev/null 2>&1 4>&- & echo $! >&4";
    const child = await childProcess({
      command: "/bin/sh",
      args: ["-c", script],
      descendantGraceMs: Infinity,
      fds: { 4: "r" },
    }).connect(new HalfCloseAwareProcess());
    assert.equal((await child.lost).kind, "done");
    process.kill(Number(child.childTexts.get(4)), "SIGKILL");
  });

  it("gives no other child any of its pipes (CORE-315)", { skip: noProc }, async () => {
    const before = new Set(openHere());
    const first = await shell("read never", { fds: { 2: "r", 3: "w", 4: "r" } });
    const ours = openHere().filter((what) => !before.has(what));
    assert.ok(ours.length >= 5, ours.join(" "));
    const second = await shell("readlink /proc/self/fd/*");
    await second.lost;
    const theirs = second.bytes.toString().split("\n");
    assert.deepEqual(
      theirs.filter((what) => ours.includes(what)),
      [],
    );
    first.transport.abortConnection();
    await first.lost;
  });

  it("is carried by the driver that was asked for, and says so", async () => {
    for (const driver of ["native", "portable"] as const) {
      if (driver === "native" && whyNotNative() !== null) continue;
      const child = await shell("cat", { driver });
      assert.equal(child.transport.driver, driver);
      child.transport.loseConnection();
      await child.lost;
    }
    assert.throws(() => shell("cat", { driver: "another" as never }), RangeError);
  });

  it("notices that the child closed what it read (CORE-331)", async () => {
    const child = await shell("exec 3<&-; cat", { fds: { 3: "w" } });
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (child.calls.includes("childLost 3")) resolve();
        else setImmediate(look);
      };
      look();
    });
    child.transport.loseConnection();
    assert.equal((await child.lost).kind, "done");
  });

  it("gives the exit status as the reason, behind all that was printed (CORE-339)", async () => {
    const child = await shell("head -c 60000 /dev/zero; exit 3");
    child.transport.pauseProducing();
    await child.exited;
    child.transport.resumeProducing();
    const { code, exitCode, kind, by, ledger } = await child.lost;
    assert.deepEqual(
      { code, exitCode, kind, by },
      {
        code: "ERR_WIRE_PROCESS_EXIT",
        exitCode: 3,
        kind: "lost",
        by: "peer",
      },
    );
    assert.equal(child.byteCount, 60_000);
    assert.equal(ledger.undelivered, 0);
  });

  it("signals by name, with or without SIG, or by number (CORE-344)", async () => {
    for (const signal of ["TERM", "SIGTERM", "term", 15]) {
      const child = await shell("exec sleep 60");
      assert.throws(() => child.transport.signalProcess("NOPE"), RangeError);
      assert.equal(child.transport.signalProcess(signal), true);
      const reason = await child.lost;
      assert.equal(reason.code, "ERR_WIRE_PROCESS_EXIT");
      assert.equal(reason.signal, "SIGTERM");
      assert.equal(child.transport.signalProcess(signal), false);
    }
  });

  it("kills what it aborts, even what ignores SIGTERM, and says so", async () => {
    const child = await shell("trap '' TERM; echo ready; while :; do read line; done");
    await child.received(6);
    child.transport.signalProcess("TERM");
    child.transport.abortConnection();
    const { kind, by, signal } = await child.lost;
    assert.deepEqual({ kind, by, signal }, { kind: "aborted", by: "us", signal: "SIGKILL" });
    assert.deepEqual(child.statuses[0], { exitCode: null, signal: "SIGKILL" });
  });

  it("goes on reading when the child stops reading, and tells what was not sent", async () => {
    const child = await shell("exec 0<&-; echo closed; read never; echo still here");
    await child.received(7);
    child.transport.write(new Uint8Array(1000));
    const reason = await child.lost;
    assert.equal(child.bytes.toString(), "closed\nstill here\n");
    assert.equal(reason.kind, "done");
    assert.equal(reason.ledger.unsent + reason.ledger.dropped, 1000);
  });

  it("gives a descendant that keeps a pipe its grace, then says so (CORE-334)", async () => {
    const script = "(sleep 30 & echo $! >&4; wait) & echo now";
    const child = await shell(script, { descendantGraceMs: 100, fds: { 4: "r" } });
    const reason = await child.lost;
    assert.equal(child.bytes.toString(), "now\n");
    assert.equal(`${reason.kind} ${reason.by} ${reason.code}`, "timeout wire ERR_WIRE_DESCENDANT");
    assert.equal(reason.exitCode, 0);
    process.kill(Number(child.childTexts.get(4)), "SIGKILL");
  });

  it("delivers what a descendant prints within its grace (CORE-334)", async () => {
    const child = await shell("(read line; echo $line) <&3 & echo now", { fds: { 3: "w" } });
    await child.exited;
    child.transport.writeToChild(3, Buffer.from("late\n"));
    child.transport.closeChildFD(3);
    assert.equal((await child.lost).kind, "done");
    assert.equal(child.bytes.toString(), "now\nlate\n");
  });

  it("names the program that cannot be started, before connectionMade (CORE-320)", async () => {
    const cases = [
      [{ command: "no-such-program" }, /no-such-program.*no such program.*PATH/],
      [{ command: "/etc/passwd" }, /\/etc\/passwd.*may not be run/],
      [{ command: "/bin/sh", cwd: "/no-such-place" }, /cwd.*\/no-such-place/],
    ] as const;
    for (const [given, message] of cases) {
      const protocol = new RecordingProcess();
      await assert.rejects(childProcess(given).connect(protocol), (error: unknown) => {
        assert.ok(isWireError(error));
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(protocol.calls, []);
    }
  });

  it("ends the connection, and the child, when a hook throws (CORE-340)", async () => {
    const thrown = new Error("a hook threw");
    const protocol = new RecordingProcess();
    protocol.childDataReceived = () => {
      throw thrown;
    };
    const command = { command: "/bin/sh", args: ["-c", "echo x >&2; exec sleep 60"] };
    await childProcess({ ...command, fds: { 2: "r" } }).connect(protocol);
    const reason = await protocol.lost;
    assert.equal(reason.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.equal(reason.error, thrown);
    assert.equal(protocol.calls.at(-1), "lost");
  });

  it("tells a protocol that takes over what happens from then on", async () => {
    const first = await shell("read line; echo $line; echo error >&2", { fds: { 2: "r" } });
    const next = new RecordingProcess();
    first.transport.switchProtocol(next);
    first.transport.write(Buffer.from("hello\n"));
    await next.lost;
    assert.equal(next.bytes.toString(), "hello\n");
    assert.equal(next.childTexts.get(2), "error\n");
    assert.equal(next.calls[0], "made");
    assert.deepEqual(next.calls.slice(-2), ["ended", "lost"]);
    assert.deepEqual(first.calls, ["made"]);
  });

  it("does not start what was cancelled before", async () => {
    const protocol = new RecordingProcess();
    const connecting = childProcess({ command: "/bin/cat" }).connect(protocol, {
      signal: AbortSignal.abort(new Error("no")),
    });
    await assert.rejects(connecting, /^Error: no$/);
    assert.deepEqual(protocol.calls, []);
  });

  it("leaves no child of a start that was cancelled on its way", async () => {
    await (await shell("exit 0")).lost;
    const before = descriptorCount();
    const protocol = new RecordingProcess();
    const cancel = new AbortController();
    const connecting = childProcess({ command: "sleep", args: ["60"], env: "inherit" }).connect(
      protocol,
      { signal: cancel.signal },
    );
    cancel.abort(new Error("no more"));
    await assert.rejects(connecting, /^Error: no more$/);
    assert.deepEqual(protocol.calls, []);
    assert.equal(descriptorCount(), before);
    assert.deepEqual(childrenOfOurs(), []);
  });

  it("refuses options that make no sense", () => {
    const wrong: unknown[] = [
      {},
      { command: 1 },
      { command: "a\0b" },
      { command: "cat", args: "x" },
      { command: "cat", fds: { 0: "r" } },
      { command: "cat", fds: { 3: "x" } },
      { command: "cat", env: { A: 1 } },
      { command: "cat", descendantGraceMs: -1 },
    ];
    for (const given of wrong) {
      assert.throws(() => childProcess(given as never), { name: /^(Type|Range)Error$/ });
    }
  });
});

const native = { driver: "native" } as const;

describe("childProcess over true pipes", onlyNative, () => {
  it("ends a child that waits to print when nobody reads any more, by SIGPIPE", async () => {
    const child = await shell("yes", { ...native, fds: { 2: "r" } });
    await child.received(1);
    child.transport.closeChildFD(1);
    const { code, exitCode, signal } = await child.lost;
    // The shell may have become it, or be told by it.
    assert.equal(code, "ERR_WIRE_PROCESS_EXIT");
    assert.ok(signal === "SIGPIPE" || exitCode === 128 + 13, `${signal} ${exitCode}`);
    assert.equal(child.childTexts.get(2), undefined);
  });

  it("lets the child open its standard streams by their names", async () => {
    const child = await shell("cat /dev/stdin >/dev/stdout", native);
    child.transport.write(Buffer.from("by name"));
    child.transport.loseWriteConnection();
    await child.lost;
    assert.equal(child.bytes.toString(), "by name");
  });

  it("notices at once that the child closed its input (CORE-331)", async () => {
    const child = await shell("exec 0<&-; read go <&3; echo on", { ...native, fds: { 3: "w" } });
    await child.writeEnded;
    child.transport.writeToChild(3, Buffer.from("go\n"));
    assert.equal((await child.lost).kind, "done");
    assert.equal(child.bytes.toString(), "on\n");
  });

  it("counts exactly what the child was handed when it is killed", async () => {
    const child = await shell("kill -STOP $$", native);
    child.transport.write(new Uint8Array(200_000));
    await new Promise((resolve) => setImmediate(resolve));
    child.transport.abortConnection();
    const { accepted, sent, unsent } = (await child.lost).ledger;
    assert.deepEqual([accepted, sent + unsent], [200_000, 200_000]);
    // As much as a pipe holds.
    assert.ok(sent > 0 && unsent > 0, `${sent} and ${unsent}`);
  });
});
