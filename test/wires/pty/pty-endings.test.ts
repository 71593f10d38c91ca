import assert from "node:assert/strict";
import { closeSync, readSync } from "node:fs";
import { constants } from "node:os";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ProcessAddress } from "../../../src/contract/index.ts";
import type { Facts } from "../../../src/flow/index.ts";
import { reactor } from "../../../src/wires/_drivers/native/reactor.ts";
import { TRAIT } from "../../../src/wires/_drivers/native/slot-traits.ts";
import { ProcessSeat } from "../../../src/wires/_drivers/process-seat.ts";
import { checkPtyOptions } from "../../../src/wires/pty/pty-options.ts";
import { PtyWire } from "../../../src/wires/pty/pty-wire.ts";
import { startProgram } from "../../../src/wires/pty/start-program.ts";
import { runToEnd } from "../../interop/program.ts";
import { onlyNative, openCount, turns } from "../unix/descriptor-rig.ts";
import { onTerminal } from "./recording-pty.ts";

const program = fileURLToPath(new URL("left-to-itself.js", import.meta.url));

describe("pty: an end that is no ordinary one", onlyNative, () => {
  it("writes nothing to whoever has its place once it has hung up", async () => {
    const here = reactor();
    const options = checkPtyOptions({ command: "/bin/sleep", args: ["100"] });
    const running = startProgram(here, options);
    const address: ProcessAddress = { kind: "process", command: "sleep", args: [], pid: null };
    const seat = new ProcessSeat({}, () => undefined);
    let tellOver!: () => void;
    const over = new Promise<void>((resolve) => {
      tellOver = resolve;
    });
    const wire = new PtyWire(
      { ...NO_FACTS, over: tellOver },
      {
        ...{ here, running, host: address, peer: address, seat },
        ...{ hangUpGraceMs: 10_000, typesEnd: false },
      },
    );
    seat.fail(new Error("a hook threw"));
    await turns(1);
    const [theirs, read] = here.addon.makePipe(false) as [number, number];
    const slot = here.addon.adopt(theirs, TRAIT.writes);
    assert.equal(slot, running.master);
    wire.send([Buffer.from("meant for the terminal")]);
    await turns(1);
    here.close(slot);
    await turns(1);
    assert.equal(readSync(read, Buffer.alloc(100)), 0);
    closeSync(read);
    await over;
  });

  it("may not kill a program of another user, and hangs up all the same", async (context) => {
    for (const code of ["EPERM", "ESRCH"]) {
      const child = await onTerminal("echo ready; sleep 100");
      await child.prints("ready");
      const { mock } = context.mock.method(process, "kill", () => {
        throw Object.assign(new Error(`kill ${code}`), { code });
      });
      assert.equal(child.transport.signalProcess("TERM"), false);
      child.transport.abortConnection();
      mock.restore();
      assert.equal(await child.end(), "aborted us");
      assert.deepEqual(child.statuses, [{ exitCode: null, signal: "SIGHUP" }]);
    }
  });

  for (const failing of [1, 2]) {
    it(`leaves nothing where slot ${failing} of 2 cannot be had, and names it`, async (context) => {
      const here = reactor();
      await turns();
      const [before, slotsBefore] = [openCount(), here.addon.counts()[0]];
      const { adopt, endProgram } = here.addon;
      let calls = 0;
      let pid = 0;
      context.mock.method(here.addon, "adopt", (fd: number, traits: number) => {
        calls += 1;
        return calls === failing ? -constants.errno.ENOSPC : adopt(fd, traits);
      });
      context.mock.method(here.addon, "endProgram", (ended: number) => {
        pid = ended;
        return endProgram(ended);
      });
      const started = onTerminal("trap '' HUP; sleep 100");
      const why = /Cannot connect to .*sh.*it cannot be watched \(adopt ENOSPC/;
      await assert.rejects(started, { code: "ERR_WIRE_BROKEN", message: why });
      await turns();
      assert.deepEqual([openCount(), here.addon.counts()[0]], [before, slotsBefore]);
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    });
  }

  it("does not keep this process for one that is left to itself", async () => {
    const { status, stderr, stdout } = await runToEnd(process.execPath, [program]);
    const [, pid = ""] = /^done us (\d+)\n$/.exec(stdout) ?? assert.fail(stdout + stderr);
    assert.equal(status, 0);
    // It runs on, without us.
    assert.equal(process.kill(Number(pid), "SIGKILL"), true);
  });
});

const NO_FACTS: Facts = {
  opened: () => undefined,
  received: () => undefined,
  sent: () => undefined,
  peerEnded: () => undefined,
  sendingEnded: () => undefined,
  over: () => undefined,
};
