import assert from "node:assert/strict";
import type {
  ClientEndpoint,
  CloseReason,
  Ledger,
  ProcessTransport,
} from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import type { ProcessOptions } from "../../../src/wires/process/index.ts";
import { descriptorCount, isAlive } from "./machine.ts";
import { RecordingProcess } from "./recording-process.ts";

/** What makes connections to children: `childProcess`, or one with a fault. */
export type Start = (options: ProcessOptions) => ClientEndpoint<ProcessTransport>;

/** One promise about children that the suite for all wires cannot ask about. */
export interface ProcessRule {
  /** The word by which failures name it. */
  readonly id: string;
  readonly rule: string;
  /** Rejects when it does not hold. */
  check(start: Start): Promise<void>;
}

/** A reason that is neither more nor less. */
export interface Ended extends Omit<CloseReason, "error" | "ledger"> {
  readonly ledger?: Partial<Ledger>;
}

export const PROCESS_RULES: readonly ProcessRule[] = [
  {
    id: "exit.zero",
    rule: "A child that exits with 0 has ended in order.",
    check: async (start) => {
      const child = await shell(start, "echo fine");
      await assertEnded(child, { kind: "done", by: "peer", ledger: { received: 5, delivered: 5 } });
      assert.deepEqual(child.statuses, [ZERO, ZERO]);
    },
  },
  {
    id: "exit.code",
    rule: "Another exit code is the reason, and is told.",
    check: async (start) => {
      const child = await shell(start, "exit 3");
      await assertEnded(child, { ...EXIT, exitCode: 3 });
    },
  },
  {
    id: "exit.signal",
    rule: "Death by a signal is the reason, and the signal is told.",
    check: async (start) => {
      const child = await shell(start, "kill -KILL $$");
      await assertEnded(child, { ...EXIT, signal: "SIGKILL" });
      assert.deepEqual(child.statuses.at(-1), { exitCode: null, signal: "SIGKILL" });
    },
  },
  {
    id: "exit.behindOutput",
    rule: "The status waits behind all that was printed, however long the reader pauses.",
    check: async (start) => {
      // Less than a pipe holds: a child that waits for its reader has not exited.
      const child = await shell(start, "head -c 60000 /dev/zero; exit 3");
      child.transport.pauseProducing();
      await child.exited;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      const wasTold = child.calls.includes("lost");
      child.transport.resumeProducing();
      assert.ok(!wasTold, "told while the reader was paused");
      const ledger = { received: 60_000, delivered: 60_000 };
      await assertEnded(child, { ...EXIT, exitCode: 3, ledger });
    },
  },
  {
    id: "exit.once",
    rule: "processExited comes once, processEnded once, then connectionLost, once and last.",
    check: async (start) => {
      const child = await shell(start, "echo more; exit 2");
      await child.lost;
      await new Promise((resolve) => setImmediate(resolve));
      const ends = child.calls.filter((call) => /^(exited|ended|lost)$/.test(call));
      assert.deepEqual(ends, ["exited", "ended", "lost"]);
      assert.equal(child.calls.at(-1), "lost");
    },
  },
  {
    id: "input.closed",
    rule: "A child that closes its input is read on; what it did not take is counted, and no error.",
    check: async (start) => {
      const script = "exec 0<&-; echo closed; read go <&3; echo still here";
      const child = await shell(start, script, { fds: { 3: "w" } });
      await Promise.race([child.received(7), child.lost]);
      child.transport.write(new Uint8Array(1000));
      await Promise.race([child.writeEnded, child.lost]);
      child.transport.writeToChild(3, Buffer.from("go\n"));
      const { ledger } = await assertEnded(child, { kind: "done", by: "peer" }, ["ledger"]);
      const { accepted, delivered, dropped, sent, unsent } = ledger;
      // Written after the end was noticed, it was dropped.
      assert.deepEqual([accepted, sent, unsent + dropped, delivered], [1000, 0, 1000, 18]);
      assert.equal(child.bytes.toString(), "closed\nstill here\n");
    },
  },
  {
    id: "signal.ignored",
    rule: "A child that ignores SIGTERM lives on, and SIGKILL ends it.",
    check: async (start) => {
      const child = await shell(start, "trap '' TERM; echo 1; read line; echo $line; read never");
      await child.received(2);
      assert.equal(child.transport.signalProcess("TERM"), true);
      child.transport.write(Buffer.from("2\n"));
      await Promise.race([child.received(4), child.lost]);
      assert.equal(child.bytes.toString(), "1\n2\n");
      child.transport.signalProcess("KILL");
      await assertEnded(child, { ...EXIT, signal: "SIGKILL" }, ["ledger"]);
    },
  },
  {
    id: "abort.kills",
    rule: "An abort kills the child, whatever it ignores, and it is gone when that is told.",
    check: async (start) => {
      const child = await shell(start, "trap '' TERM; echo ready; while read line; do :; done");
      await child.received(6);
      const { pid } = child.transport;
      assert.ok(pid !== null);
      child.transport.abortConnection();
      const ledger = { received: 6, delivered: 6 };
      await assertEnded(child, { kind: "aborted", by: "us", signal: "SIGKILL", ledger });
      assert.ok(!isAlive(pid), "it still lives");
    },
  },
  {
    id: "descendant.told",
    rule: "A descendant that keeps standard output is told after its grace, with the status.",
    check: async (start) => {
      const before = performance.now();
      const child = await shell(start, KEEPS_OUTPUT, { descendantGraceMs: 50, fds: { 4: "r" } });
      try {
        const ledger = { received: 4, delivered: 4 };
        const { error } = await assertEnded(child, { ...DESCENDANT, exitCode: 5, ledger });
        assert.ok(performance.now() - before >= 49, "before its grace was over");
        assert.match(
          error?.message ?? "",
          /a descendant still holds a pipe of it, silent for 50 ms/,
        );
      } finally {
        process.kill(Number(child.childTexts.get(4)), "SIGKILL");
      }
    },
  },
  {
    id: "descendant.late",
    rule: "What a descendant prints within its grace is delivered, and then the end is in order.",
    check: async (start) => {
      const child = await shell(start, "(read line; echo $line) <&3 & echo now", {
        fds: { 3: "w" },
      });
      await Promise.race([Promise.all([child.exited, child.received(4)]), child.lost]);
      // A timer that is set later, and longer, comes after that of a grace of nothing, which is set
      // anew once when it saw bytes.
      for (let round = 0; round < 3; round++) await new Promise((passed) => setTimeout(passed, 5));
      child.transport.writeToChild(3, Buffer.from("late\n"));
      child.transport.closeChildFD(3);
      assert.equal((await child.lost).kind, "done");
      assert.equal(child.bytes.toString(), "now\nlate\n");
    },
  },
  {
    id: "start.refused",
    rule: "A program that cannot be started rejects connect, is named, and calls no protocol.",
    check: async (start) => {
      const before = await descriptorsAtRest(start);
      for (const [options, code, message] of NOT_STARTED) {
        const protocol = new RecordingProcess();
        await assert.rejects(start(options).connect(protocol), (error: unknown) => {
          assert.ok(isWireError(error));
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        });
        assert.deepEqual(protocol.calls, []);
        assert.equal(descriptorCount(), before, "a pipe is left");
      }
    },
  },
  {
    id: "end.leavesNothing",
    rule: "When the end is told the child is reaped, and none of its descriptors is open here.",
    check: async (start) => {
      const before = await descriptorsAtRest(start);
      const child = await shell(start, "echo error >&2; exit 1", { fds: { 2: "r", 3: "w" } });
      const { pid } = child.transport;
      await child.lost;
      assert.ok(pid !== null && !isAlive(pid), "a zombie is left");
      assert.equal(descriptorCount(), before);
    },
  },
];

const ZERO = { exitCode: 0, signal: null };
const EXIT = { kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT" } as const;
const DESCENDANT = { kind: "timeout", by: "wire", code: "ERR_WIRE_DESCENDANT" } as const;

/** Exits with 5; what it leaves tells its number on 4. */
// The number is told before the exit: behind it a busy machine may not come to it in time.
const KEEPS_OUTPUT = "sleep 60 & echo $! >&4; echo now; exit 5";

const NOT_STARTED = [
  [
    { command: "no-such-program" },
    "ERR_WIRE_REFUSED",
    /process:no-such-program: .*no such program/,
  ],
  [{ command: "/etc/passwd" }, "ERR_WIRE_PERMISSION", /process:\/etc\/passwd: it may not be run/],
  [
    { command: "/bin/sh", cwd: "/no-such" },
    "ERR_WIRE_REFUSED",
    /process:\/bin\/sh: cwd, \/no-such,/,
  ],
] as const;

const NOTHING: Ledger = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};

/** Fails unless it ends like this, the whole account included, unless that is left out. */
async function assertEnded(
  child: RecordingProcess,
  expected: Ended,
  leaveOut: readonly "ledger"[] = [],
): Promise<CloseReason> {
  const reason = await child.lost;
  const { error: _, ledger, ...told } = reason;
  const { ledger: account, ...rest } = expected;
  assert.deepEqual(told, rest);
  if (!leaveOut.includes("ledger")) assert.deepEqual(ledger, { ...NOTHING, ...account });
  return reason;
}

/** With what the first child of all leaves open for the next ones. */
async function descriptorsAtRest(start: Start): Promise<number> {
  await (await shell(start, "exit 0")).lost;
  return descriptorCount();
}

function shell(
  start: Start,
  script: string,
  options: Omit<ProcessOptions, "command" | "args"> = {},
): Promise<RecordingProcess> {
  const endpoint = start({ command: "/bin/sh", args: ["-c", script], ...options });
  return endpoint.connect(new RecordingProcess());
}
