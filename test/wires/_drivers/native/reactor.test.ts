import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addon, Dispatch } from "../../../../src/wires/_drivers/native/addon.ts";
import { Reactor } from "../../../../src/wires/_drivers/native/reactor.ts";
import type { SlotHolder } from "../../../../src/wires/_drivers/native/slot-holder.ts";
import { SlotOutlet } from "../../../../src/wires/_drivers/native/slot-outlet.ts";
import {
  ARENA,
  BIG_BLOCK,
  EVENT,
  EVENT_FIELDS,
  HEAD,
  OPERATION,
  PIECE,
} from "../../../../src/wires/_drivers/native/tables.ts";

const BLOCK_BYTES = 16 * 1024;

type Happened = readonly [slot: number, kind: number, a: number, b: number];

/** In place of the compiled part: says what happened, and takes every byte that it can find. */
class Pretended {
  readonly reactor: Reactor;
  /** What each run was told to send. */
  readonly sent: Buffer[] = [];
  /** How many bytes of a send are taken. */
  takes: number = Infinity;
  readonly #operations = new Int32Array(1024);
  readonly #events = new Int32Array(1024);
  readonly #arena = new Uint8Array(BLOCK_BYTES);
  #dispatch: Dispatch = () => -1;
  #block: ArrayBuffer = new ArrayBuffer(0);

  constructor() {
    const buffer = (): ArrayBuffer => new ArrayBuffer(1024);
    const pretended: Partial<Addon> = {
      start: (dispatch) => {
        this.#dispatch = dispatch;
        return {
          events: this.#events.buffer,
          operations: this.#operations.buffer,
          arena: this.#arena.buffer,
          carried: buffer(),
          names: buffer(),
          rights: buffer(),
        };
      },
      run: (length, references) => this.#run(length, references),
    };
    this.reactor = new Reactor(pretended as Addon);
  }

  /** A batch; with `fill`, its big block is a new one of such bytes. */
  tell(events: readonly Happened[], fill?: number): void {
    for (const [index, event] of events.entries()) this.#events.set(event, index * EVENT_FIELDS);
    if (fill === undefined) {
      this.#dispatch(events.length, undefined);
      return;
    }
    this.#block = new Uint8Array(BLOCK_BYTES).fill(fill).buffer;
    this.#dispatch(events.length, this.#block);
  }

  #run(length: number, references: readonly Uint8Array[]): void {
    const operations = this.#operations;
    for (let at = 0; at < length; at += HEAD) {
      if (operations[at] !== OPERATION.send) continue;
      const pieces = operations[at + 2] as number;
      const head = at;
      const parts: Uint8Array[] = [];
      for (let piece = 0; piece < pieces; piece++, at += PIECE) {
        const [source, offset, size] = operations.subarray(at + HEAD) as unknown as number[];
        const whole = this.#memory(source as number, references);
        parts.push(whole.slice(offset, (offset as number) + (size as number)));
      }
      const taken = Buffer.concat(parts).subarray(0, this.takes);
      this.sent.push(taken);
      operations[head + 3] = taken.length;
    }
  }

  #memory(source: number, references: readonly Uint8Array[]): Uint8Array {
    if (source === ARENA) return this.#arena;
    return source === BIG_BLOCK ? new Uint8Array(this.#block) : (references[source] as Uint8Array);
  }
}

test("what is sent of a block is that block's, though another one has become current", () => {
  const { pretended, reactor } = pretend();
  const echo: SlotHolder = {
    received: (chunk) => reactor.send(1, echo, [chunk], 0, 0, { at: 0, bytes: 0 }),
  };
  reactor.hold(1, echo);
  pretended.tell([[1, EVENT.big, 0, BLOCK_BYTES]], 1);
  pretended.tell([], 2);
  reactor.runStaged();
  assert.deepEqual(pretended.sent, [Buffer.alloc(BLOCK_BYTES, 1)]);
});

test("what one connection throws is told, and no other one misses what happened", (t) => {
  const { pretended, reactor } = pretend();
  const thrown = t.mock.method(globalThis, "queueMicrotask", () => undefined);
  const log: string[] = [];
  reactor.hold(1, {
    ended: () => {
      throw new Error("one of them");
    },
  });
  reactor.hold(2, { ended: () => void log.push("ended") });
  pretended.tell([
    [1, EVENT.ended, 0, 0],
    [2, EVENT.ended, 0, 0],
  ]);
  assert.deepEqual(log, ["ended"]);
  const [report] = thrown.mock.calls.map(({ arguments: [task] }) => task as () => void);
  assert.throws(() => report?.(), /one of them/);
});

test("room that comes before the result is told sends nothing twice, and is not forgotten", () => {
  const { pretended, reactor } = pretend();
  const data = Buffer.from(Array.from({ length: 8192 }, (_, index) => index & 255));
  const holder: SlotHolder = {
    writable: () => outlet.writable(),
    ran: (result) => outlet.ran(result),
  };
  const facts = { sent: () => undefined, failed: () => undefined };
  const outlet = new SlotOutlet(reactor, 1, holder, facts);
  reactor.hold(1, holder);
  pretended.takes = 5000;
  outlet.send([data]);
  reactor.runStaged();
  pretended.tell([[1, EVENT.writable, 0, 0]]);
  reactor.endTurn();
  reactor.endTurn();
  assert.ok(Buffer.concat(pretended.sent).equals(data));
});

function pretend(): { readonly pretended: Pretended; readonly reactor: Reactor } {
  const pretended = new Pretended();
  return { pretended, reactor: pretended.reactor };
}
