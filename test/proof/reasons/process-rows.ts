import assert from "node:assert/strict";
import type { Limits, ProcessTransport } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import { socketDriver } from "../../../src/wires/_drivers/choose-driver.ts";
import type { ProcessOptions } from "../../../src/wires/process/index.ts";
import { childProcess } from "../../../src/wires/process/index.ts";
import type { Part } from "./actor.ts";
import { Actor } from "./actor.ts";
import { assertReason } from "./compare.ts";
import type { Expected } from "./rows.ts";
import { STUCK_BYTES } from "./rows.ts";

/** The native driver hears that a child closed its input before the next write; Node does not. */
const NOTICES_AT_ONCE = socketDriver().name === "native";
const CLOSED_END = { accepted: 4, received: 9, delivered: 9 };

/** A way in which a connection to a child process can end. */
interface ProcessRow {
  /** What the child is, for a shell. It can wait for the end of descriptor 3. */
  readonly script: string;
  readonly near: Part;
  readonly limits?: Partial<Limits>;
  readonly options?: Pick<ProcessOptions, "descendantGraceMs">;
  /** How much was sent by then is for the system to decide; it must balance. */
  readonly isSentOpen?: true;
  /** It is left to itself, and to be ended here. */
  readonly isLeft?: true;
  readonly nearIs: Expected;
}

const SOON_MS = 40;
/** Waits until we let go of it. */
const WAIT = "read line <&3";
const sendThree = (actor: Actor): void => actor.write(3);
const THREE_OUT = { accepted: 3, sent: 3 } as const;
const release = (actor: Actor): void => processOf(actor).closeChildFD(3);

/** Behind both, its word and that it reads no more, in whichever order they come. */
function writeToClosed(actor: Actor): void {
  if (actor.receivedBytes !== 6 || !actor.hasLostWriting) return;
  actor.write(4);
  release(actor);
}

export const PROCESS_ROWS: Readonly<Record<string, ProcessRow>> = {
  "process: our close, and it exits well": {
    script: "cat >/dev/null",
    near: {
      made: (actor) => {
        actor.write(3);
        actor.close();
      },
    },
    nearIs: { kind: "done", by: "us", ledger: THREE_OUT },
  },
  "process: it prints and exits well": {
    script: "printf hello",
    near: {},
    nearIs: { kind: "done", by: "peer", ledger: { received: 5, delivered: 5 } },
  },
  "process: it exits with a code": {
    script: "cat >/dev/null; printf oops; exit 3",
    near: {
      halfOpen: true,
      made: (actor) => {
        actor.write(3);
        actor.endSending();
      },
    },
    nearIs: {
      ...{ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", exitCode: 3 },
      message: /exited with code 3/,
      ledger: { ...THREE_OUT, received: 4, delivered: 4 },
    },
  },
  "process: it is ended by a signal of its own": {
    script: "printf oops; kill -KILL $$",
    near: {},
    nearIs: {
      ...{ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", signal: "SIGKILL" },
      message: /was ended by SIGKILL/,
      ledger: { received: 4, delivered: 4 },
    },
  },
  "process: it is ended by a signal of ours": {
    script: `printf ready; ${WAIT}`,
    near: {
      data: (actor, byteCount) => byteCount === 5 && processOf(actor).signalProcess("TERM"),
    },
    nearIs: {
      ...{ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", signal: "SIGTERM" },
      message: /was ended by SIGTERM/,
      ledger: { received: 5, delivered: 5 },
    },
  },
  "process: it closes what it reads": {
    script: `exec 0<&-; printf closed; ${WAIT}; printf end; exit 4`,
    near: {
      halfOpen: true,
      ...(NOTICES_AT_ONCE
        ? { data: writeToClosed, writeLost: writeToClosed }
        : { data: (actor, byteCount) => byteCount === 6 && actor.write(4), writeLost: release }),
    },
    nearIs: {
      ...{ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", exitCode: 4 },
      message: /exited with code 4/,
      ledger: { ...(NOTICES_AT_ONCE ? { dropped: 4 } : { unsent: 4, inFlight: 4 }), ...CLOSED_END },
    },
  },
  "process: something that it started holds a pipe": {
    script: "printf hello; (read line <&3) & exit 0",
    near: {},
    options: { descendantGraceMs: SOON_MS },
    nearIs: {
      ...{ kind: "timeout", by: "wire", code: "ERR_WIRE_DESCENDANT", exitCode: 0 },
      message: /a descendant still holds a pipe/,
      ledger: { received: 5, delivered: 5 },
    },
  },
  "process: our abort": {
    script: `printf ready; ${WAIT}`,
    near: { data: (actor, byteCount) => byteCount === 5 && actor.abort() },
    nearIs: {
      ...{ kind: "aborted", by: "us", signal: "SIGKILL" },
      ledger: { received: 5, delivered: 5 },
    },
  },
  "process: our abort, with bytes queued": {
    script: WAIT,
    near: {
      made: (actor) => {
        actor.write(3);
        actor.abort();
      },
    },
    nearIs: { kind: "aborted", by: "us", signal: "SIGKILL", ledger: { accepted: 3, unsent: 3 } },
  },
  "process: idle": {
    script: WAIT,
    limits: { idleMs: SOON_MS },
    near: { made: sendThree },
    nearIs: passed("IDLE", /idleMs/),
  },
  "process: stall": {
    script: WAIT,
    isSentOpen: true,
    near: {
      made: (actor) => {
        actor.transport.setLimits({ stallMs: 4 * SOON_MS });
        actor.write(STUCK_BYTES);
      },
    },
    nearIs: { ...passed("STALL", /stallMs/), ledger: { accepted: STUCK_BYTES } },
  },
  "process: it does not exit after our close": {
    script: "exec sleep 60",
    isLeft: true,
    limits: { lingerIdleMs: SOON_MS },
    near: {
      made: (actor) => {
        actor.write(3);
        actor.close();
      },
    },
    nearIs: passed("LINGER", /lingerIdleMs/),
  },
  "process: it has ended its output, and we send nothing": {
    script: `exec 1>&-; ${WAIT}`,
    limits: { halfOpenIdleMs: SOON_MS },
    near: {
      made: (actor) => {
        actor.write(3);
        actor.transport.registerProducer(SILENT, true);
      },
    },
    nearIs: passed("HALF_OPEN", /halfOpenIdleMs/),
  },
  "process: a callback threw": {
    script: `printf ready; ${WAIT}`,
    near: {
      data: () => {
        throw new Error("no such request");
      },
    },
    nearIs: {
      ...{ kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW" },
      message: /^no such request$/,
      ledger: { received: 5, delivered: 5 },
    },
  },
  "process: a limit of ours was passed": {
    script: WAIT,
    isSentOpen: true,
    limits: { writeHigh: 10, writeLow: 5, writeLimit: 100 },
    near: {
      made: (actor) => {
        actor.write(60);
        actor.write(60);
      },
    },
    nearIs: {
      ...{ kind: "failed", by: "us", code: "ERR_WIRE_LIMIT" },
      message: /100.*120|120.*100/,
      ledger: { accepted: 120 },
    },
  },
};

function passed(code: string, message: RegExp): Expected {
  return { kind: "timeout", by: "us", code: `ERR_WIRE_${code}`, message, ledger: THREE_OUT };
}

export async function playProcess(name: string, row: ProcessRow): Promise<number> {
  const { script, limits = {}, options = {}, near: part, nearIs, isSentOpen, isLeft } = row;
  const near = new Actor(part);
  const given = { command: "/bin/sh", args: ["-c", script], fds: { 2: "null", 3: "w" } } as const;
  await childProcess({ ...given, ...options }).connect(near as never, { limits });
  const { pid } = processOf(near);
  const reason = await near.lost;
  if (isLeft === true && pid !== null) process.kill(pid, "SIGKILL");
  const { sent, unsent, inFlight } = reason.ledger;
  const open = isSentOpen === true ? { sent, unsent, inFlight } : {};
  assert.equal(reason.ledger.accepted, sent + unsent + reason.ledger.dropped, name);
  assertReason(reason, { ...nearIs, ledger: { ...nearIs.ledger, ...open } }, name);
  return 1;
}

/** Programs that cannot be started: no protocol is told anything. */
export async function playNoProcess(): Promise<number> {
  const cases = [
    [{ command: "/no/such/program" }, "REFUSED", /no such program/],
    [{ command: "/etc/passwd" }, "PERMISSION", /may not be run/],
    [{ command: "/bin/sh", cwd: "/no/such/place" }, "REFUSED", /is not a directory/],
  ] as const;
  for (const [options, code, message] of cases) {
    let isTold = false;
    const near = new Actor({ made: () => (isTold = true) });
    await assert.rejects(childProcess(options).connect(near as never), (error: unknown) => {
      assert.ok(isWireError(error) && error.code === `ERR_WIRE_${code}`, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.equal(isTold, false);
  }
  return cases.length;
}

function processOf(actor: Actor): ProcessTransport {
  return actor.transport as unknown as ProcessTransport;
}

const SILENT = {
  pauseProducing(): void {},
  resumeProducing(): void {},
  stopProducing(): void {},
};
