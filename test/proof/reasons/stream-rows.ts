import assert from "node:assert/strict";
import { chmodSync, closeSync, existsSync, openSync, writeFileSync, writeSync } from "node:fs";
import type { ClientEndpoint, Limits } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { file } from "../../../src/wires/file/index.ts";
import { stdio } from "../../../src/wires/stdio/index.ts";
import { Scratch } from "../../interop/scratch.ts";
import { closeQuietly, makePipe } from "../../wires/fifo.ts";
import type { Part } from "./actor.ts";
import { Actor } from "./actor.ts";
import { assertReason } from "./compare.ts";
import type { Expected } from "./rows.ts";
import { STUCK_BYTES } from "./rows.ts";

/** What is on the other side: the writer of what we read, and the reader of what we write. */
interface World {
  readonly scratch: Scratch;
  /** Writes to what we read. */
  give(text: string): void;
  /** The writer leaves. */
  endInput(): void;
  /** The reader leaves. */
  leaveOutput(): void;
  readonly input: number;
  readonly output: number;
}

interface StreamRow {
  readonly endpoint: (world: World) => ClientEndpoint<never>;
  readonly near: (world: World) => Part;
  readonly limits?: Partial<Limits>;
  /** How much was sent by then is for the system to decide; it must balance. */
  readonly isSentOpen?: true;
  readonly needs?: string;
  readonly nearIs: Expected;
  /** The number of the system's error, where that is the cause. */
  readonly errno?: string;
}

const SOON_MS = 40;
const FIVE_IN = { received: 5, delivered: 5 } as const;
const THREE_OUT = { accepted: 3, sent: 3 } as const;
const BROKEN = { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN" } as const;

const standard = ({ input, output }: World): ClientEndpoint<never> =>
  stdio({ input, output }) as ClientEndpoint<never>;
const owned = ({ input, output }: World): ClientEndpoint<never> =>
  descriptor({ input, output }) as ClientEndpoint<never>;

/** What standard streams and two descriptors of our own have in common. */
function pipeRows(
  wire: string,
  endpoint: StreamRow["endpoint"],
): Readonly<Record<string, StreamRow>> {
  return {
    [`${wire}: input ended, and we had nothing to say`]: {
      endpoint,
      near: ({ give, endInput }) => ({
        made: () => {
          give("hello");
          endInput();
        },
      }),
      nearIs: { kind: "done", by: "peer", ledger: FIVE_IN },
    },
    [`${wire}: our close`]: {
      endpoint,
      near: () => ({
        made: (actor) => {
          actor.write(3);
          actor.close();
        },
      }),
      nearIs: { kind: "done", by: "us", ledger: THREE_OUT },
    },
    [`${wire}: the reader has gone, then input ended`]: {
      endpoint,
      near: ({ give, endInput, leaveOutput }) => ({
        halfOpen: true,
        made: (actor) => {
          leaveOutput();
          actor.write(4);
        },
        writeLost: (actor) => {
          actor.write(2);
          give("hello");
          endInput();
        },
      }),
      nearIs: {
        ...{ kind: "done", by: "peer" },
        ledger: { ...FIVE_IN, accepted: 6, unsent: 4, inFlight: 4, dropped: 2 },
      },
    },
    [`${wire}: our abort, with bytes queued`]: {
      endpoint,
      near: () => ({
        made: (actor) => {
          actor.write(3);
          actor.abort();
        },
      }),
      nearIs: { kind: "aborted", by: "us", ledger: { accepted: 3, unsent: 3 } },
    },
    [`${wire}: idle`]: {
      endpoint,
      limits: { idleMs: SOON_MS },
      near: () => ({ made: (actor) => actor.write(3) }),
      nearIs: passed("IDLE", /idleMs/, THREE_OUT),
    },
    [`${wire}: stall`]: {
      endpoint,
      isSentOpen: true,
      near: () => ({
        made: (actor) => {
          actor.transport.setLimits({ stallMs: 4 * SOON_MS });
          actor.write(STUCK_BYTES);
        },
      }),
      nearIs: passed("STALL", /stallMs/, { accepted: STUCK_BYTES }),
    },
    [`${wire}: a callback threw`]: {
      endpoint,
      near: ({ give }) => ({
        made: () => give("hello"),
        data: () => {
          throw new Error("no such request");
        },
      }),
      nearIs: {
        ...{ kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW" },
        message: /^no such request$/,
        ledger: FIVE_IN,
      },
    },
    [`${wire}: a limit of ours was passed`]: {
      endpoint,
      isSentOpen: true,
      limits: { writeHigh: 10, writeLow: 5, writeLimit: 100 },
      near: () => ({
        made: (actor) => {
          actor.write(60);
          actor.write(60);
        },
      }),
      nearIs: {
        ...{ kind: "failed", by: "us", code: "ERR_WIRE_LIMIT" },
        message: /100.*120|120.*100/,
        ledger: { accepted: 120 },
      },
    },
  };
}

const FILES: Readonly<Record<string, StreamRow>> = {
  "stdio: the reader has gone, and takes input with it": {
    endpoint: ({ input, output }) =>
      stdio({ input, output, endsWithReader: true }) as ClientEndpoint<never>,
    near: ({ leaveOutput }) => ({
      made: (actor) => {
        leaveOutput();
        actor.write(4);
      },
    }),
    nearIs: { kind: "done", by: "peer", ledger: { accepted: 4, unsent: 4, inFlight: 4 } },
  },
  "file: read to its end": {
    endpoint: ({ scratch }) => {
      const path = scratch.path("read");
      writeFileSync(path, "hello");
      return file({ path }) as ClientEndpoint<never>;
    },
    near: () => ({}),
    nearIs: { kind: "done", by: "peer", ledger: FIVE_IN },
  },
  "file: written, and our close": {
    endpoint: ({ scratch }) =>
      file({ path: scratch.path("written"), way: "write" }) as ClientEndpoint<never>,
    near: () => ({
      made: (actor) => {
        actor.write(3);
        actor.close();
      },
    }),
    nearIs: { kind: "done", by: "us", ledger: THREE_OUT },
  },
  "file: the disk is full": {
    needs: "/dev/full",
    endpoint: () => file({ path: "/dev/full", way: "write" }) as ClientEndpoint<never>,
    near: () => ({
      made: (actor) => {
        actor.write(100_000);
        actor.close();
      },
    }),
    nearIs: { ...BROKEN, message: /./, ledger: { accepted: 100_000, unsent: 100_000 } },
    errno: "ENOSPC",
  },
  "file: it cannot be read": {
    needs: "/proc/self/mem",
    endpoint: () => file({ path: "/proc/self/mem" }) as ClientEndpoint<never>,
    near: () => ({}),
    nearIs: { ...BROKEN, message: /./, ledger: {} },
    errno: "EIO",
  },
  "descriptor: the disk is full": {
    needs: "/dev/full",
    endpoint: () => descriptor({ output: openSync("/dev/full", "w") }) as ClientEndpoint<never>,
    near: () => ({ made: (actor) => actor.write(3) }),
    nearIs: { ...BROKEN, message: /./, ledger: { accepted: 3, unsent: 3 } },
    errno: "ENOSPC",
  },
};

export const STREAM_ROWS: Readonly<Record<string, StreamRow>> = {
  ...pipeRows("stdio", standard),
  ...pipeRows("descriptor", owned),
  ...FILES,
};

function passed(code: string, message: RegExp, ledger: Expected["ledger"]): Expected {
  return { kind: "timeout", by: "us", code: `ERR_WIRE_${code}`, message, ledger };
}

/** Plays one; where the system lacks what it needs, it compares nothing. */
export async function playStream(name: string, row: StreamRow): Promise<number> {
  if (row.needs !== undefined && !existsSync(row.needs)) return 0;
  using scratch = new Scratch();
  const [there, back] = [makePipe(), makePipe()];
  const open = new Set([there.input, back.output]);
  if (row.endpoint !== owned) for (const fd of [back.input, there.output]) open.add(fd);
  const leave = (fd: number): void => {
    if (open.delete(fd)) closeSync(fd);
  };
  const world: World = {
    scratch,
    input: back.input,
    output: there.output,
    give: (text) => void writeSync(back.output, text),
    endInput: () => leave(back.output),
    leaveOutput: () => leave(there.input),
  };
  const near = new Actor(row.near(world));
  await row.endpoint(world).connect(near as never, { limits: row.limits ?? {} });
  const reason = await near.lost;
  const { sent, unsent, inFlight } = reason.ledger;
  const counted = row.isSentOpen === true ? { sent, unsent, inFlight } : {};
  assert.equal(reason.ledger.accepted, sent + unsent + reason.ledger.dropped, name);
  // A thread of the system's had it when the answer came.
  const held = row.errno === "ENOSPC" ? { inFlight } : {};
  const ledger = { ...row.nearIs.ledger, ...counted, ...held };
  assertReason(reason, { ...row.nearIs, ledger }, name);
  if (row.errno !== undefined) assert.match(String(reason.error?.cause), new RegExp(row.errno));
  for (const fd of open) leave(fd);
  return 1;
}

/** What cannot be opened: no protocol is told anything. */
export async function playNoFile(): Promise<number> {
  using scratch = new Scratch();
  const secret = scratch.path("secret");
  writeFileSync(secret, "hello");
  chmodSync(secret, 0o000);
  const unused = makePipe();
  closeQuietly(unused.input, unused.output);
  let isTold = false;
  const near = new Actor({ made: () => (isTold = true) });
  const cases = [
    [() => file({ path: scratch.path("none") }).connect(near), "REFUSED", /it is not there/],
    [() => file({ path: scratch.folder }).connect(near), "REFUSED", /it is a directory/],
    [() => asNobody(() => file({ path: secret }).connect(near)), "PERMISSION", /you may not/],
    [() => descriptor({ fd: unused.input }).connect(near), "REFUSED", /is not open/],
  ] as const;
  for (const [connect, code, message] of cases) {
    await assert.rejects(connect, (error: unknown) => {
      assert.ok(isWireError(error) && error.code === `ERR_WIRE_${code}`, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.equal(isTold, false);
  }
  return cases.length;
}

/** Whoever may do everything does it as somebody who may not. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
