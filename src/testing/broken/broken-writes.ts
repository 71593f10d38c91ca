import type { Bytes } from "../../contract/index.ts";
import type { Fault } from "./fault.ts";
import { broken, brokenCall, brokenEnd } from "./fault.ts";

/** Faults of writing and of re-entering. */
export const brokenWrites: readonly Fault[] = [
  brokenCall("write.order", "every fifth write overtakes the one before it", (spot) => {
    let count = 0;
    let held: Bytes | null = null;
    return {
      write: (data) => {
        if (++count % 5 === 4) {
          held = data;
          return;
        }
        spot.inner.write(data);
        if (held !== null) spot.inner.write(held);
        held = null;
      },
    };
  }),
  brokenCall("write.whole", "a write is cut off after 4 MiB", (spot) => ({
    write: (data) => spot.inner.write(data.subarray(0, 4 * 1024 * 1024)),
  })),
  brokenEnd("write.bothWays", "the two directions share a buffer", (spot) => {
    let last: Bytes = new Uint8Array();
    lastOf.set(spot, () => last);
    return {
      transport: {
        write: (data) => {
          const others = lastOf.get(spot.other)?.() ?? new Uint8Array();
          const mixed = data.slice();
          mixed.set(others.subarray(0, data.byteLength));
          last = data;
          spot.inner.write(mixed);
        },
      },
    };
  }),
  brokenEnd("write.fromDataReceived", "what dataReceived writes is sent last first", (spot) => {
    let stack: Bytes[] | null = null;
    return {
      transport: {
        write: (data) => void (stack === null ? spot.inner.write(data) : stack.unshift(data)),
      },
      protocol: {
        dataReceived: (data) => {
          stack = [];
          spot.base.dataReceived(data);
          const written = stack;
          stack = null;
          spot.inner.writeSequence(written);
        },
      },
    };
  }),
  brokenCall("write.nested", "a write is queued behind what the pause it causes writes", (spot) => {
    let pause = (): void => {};
    return {
      registerProducer: (producer) => {
        pause = () => producer.pauseProducing();
      },
      write: (data) => {
        if (data.byteLength > (spot.limits.writeHigh ?? Infinity)) pause();
        spot.inner.write(data);
      },
    };
  }),
  brokenCall("write.bytesOnly", "text is encoded, as a favour", (spot) => ({
    write: (data: unknown) => {
      spot.inner.write(typeof data === "string" ? new TextEncoder().encode(data) : (data as Bytes));
    },
  })),
  brokenCall("write.empty", "an empty write ends our direction", (spot) => ({
    write: (data) =>
      data.byteLength === 0 ? spot.inner.loseWriteConnection() : spot.inner.write(data),
  })),
  brokenCall("write.afterClose", "writes of the turn of the close are still sent", (spot) => ({
    loseConnection: () => void Promise.resolve().then(() => spot.inner.loseConnection()),
  })),
  brokenCall("write.afterLost", "a write after the end throws", (spot) => ({
    write: (data) => {
      if (spot.isLost) throw new Error("write after end");
      spot.inner.write(data);
    },
  })),
  brokenCall("write.untouched", "the writer's chunk is masked in place", (spot) => ({
    write: (data) => {
      spot.inner.write(data.slice());
      data[0] = ~(data[0] ?? 0);
    },
  })),
  brokenEnd("write.ownedAfterFlush", "the peer is given the writer's own memory", (spot) => {
    const written: Bytes[] = [];
    writtenBy.set(spot, written);
    return {
      transport: {
        write: (data) => {
          written.push(data);
          spot.inner.write(data);
        },
      },
      protocol: {
        dataReceived: ({ byteLength }) => {
          const queue = writtenBy.get(spot.other) ?? [];
          for (let left = byteLength; left > 0; ) {
            const chunk = queue.shift() ?? new Uint8Array(left);
            if (chunk.byteLength > left) queue.unshift(chunk.subarray(left));
            const own = chunk.subarray(0, left);
            left -= own.byteLength;
            spot.base.dataReceived(own);
          }
        },
      },
    };
  }),
  broken("write.coalesces", "every write leaves at once", {
    runtime: ({ clock, turn }) => ({
      clock,
      turn: { later: (task) => turn.later(task), atEnd: (work) => work.endTurn() },
    }),
    end: (spot) => ({
      transport: {
        get ledger() {
          const ledger = spot.inner.ledger;
          return {
            ...ledger,
            sent: ledger.sent + ledger.inFlight,
            unsent: ledger.unsent - ledger.inFlight,
          };
        },
      },
    }),
  }),
  brokenCall("writeSequence.order", "the last element goes first", (spot) => ({
    writeSequence: (data) => spot.inner.writeSequence([...data].reverse()),
  })),
  brokenCall("writeSequence.allOrNothing", "elements are written until one is wrong", (spot) => ({
    writeSequence: (data) => {
      for (const chunk of data) spot.inner.write(chunk);
    },
  })),
  brokenCall(
    "writeSequence.lazyIterable",
    "the iterable is read to check it, then again",
    (spot) => ({
      writeSequence: (data) => {
        let byteCount = 0;
        for (const { byteLength } of data) byteCount += byteLength;
        if (byteCount > 0) spot.inner.writeSequence(data);
      },
    }),
  ),
  brokenCall("reentry.write", "the peer gets its bytes inside write", (spot) => ({
    write: (data) => spot.other.base.dataReceived(data.slice()),
  })),
  brokenCall("reentry.microtask", "the peer gets its bytes in a microtask", (spot) => ({
    write: (data) => void Promise.resolve().then(() => spot.other.base.dataReceived(data.slice())),
  })),
  brokenEnd("reentry.close", "an abort tells the end before it returns", (spot) => {
    let isTold = false;
    return {
      transport: {
        abortConnection: () => {
          spot.inner.abortConnection();
          if (isTold) return;
          isTold = true;
          spot.base.connectionLost({ kind: "aborted", by: "us", ledger: spot.inner.ledger });
        },
      },
      protocol: {
        connectionLost: (reason) => (isTold ? undefined : spot.base.connectionLost(reason)),
      },
    };
  }),
  brokenEnd(
    "reentry.closeHalfClosed",
    "a close after a half-close tells the end at once",
    (spot) => {
      let isTold = false;
      return {
        transport: {
          loseConnection: () => {
            spot.inner.loseConnection();
            if (!spot.isHalfClosed || spot.isLost) return;
            isTold = true;
            spot.base.connectionLost({ kind: "done", by: "us", ledger: spot.inner.ledger });
          },
        },
        protocol: {
          connectionLost: (reason) => (isTold ? undefined : spot.base.connectionLost(reason)),
        },
      };
    },
  ),
];

/** What each end wrote last, for its other end. */
const lastOf = new WeakMap<object, () => Bytes>();

/** What each end wrote and its other end has not got yet. */
const writtenBy = new WeakMap<object, Bytes[]>();
