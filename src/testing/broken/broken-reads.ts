import type { Bytes } from "../../contract/index.ts";
import type { EndDamage, Spot } from "./damage.ts";
import type { Fault } from "./fault.ts";
import { brokenCall, brokenEnd, brokenTelling } from "./fault.ts";

/** Faults of reading and pausing. */
export const brokenReads: readonly Fault[] = [
  brokenEnd("reentry.resume", "what was held is delivered inside resumeProducing", hoarding),
  brokenEnd("backPressure.slowReader", "a paused reader's bytes pile up in memory", hoarding),
  brokenEnd("backPressure.readMarks", "the read mark is not looked at while paused", hoarding),
  brokenEnd("read.resumeDelivers", "what arrives while paused is lost", (spot) => {
    let isPaused = false;
    return {
      transport: {
        pauseProducing: () => {
          isPaused = true;
        },
        resumeProducing: () => {
          isPaused = false;
        },
      },
      protocol: {
        dataReceived: (data) => (isPaused ? undefined : spot.base.dataReceived(data)),
      },
    };
  }),
  brokenEnd("read.pauseHolds", "a pause takes effect one chunk late", (spot) => {
    let isAsked = false;
    return {
      transport: {
        pauseProducing: () => {
          isAsked = true;
        },
        resumeProducing: () => {
          isAsked = false;
          spot.inner.resumeProducing();
        },
      },
      protocol: {
        dataReceived: (data) => {
          if (isAsked) spot.inner.pauseProducing();
          isAsked = false;
          spot.base.dataReceived(data);
        },
      },
    };
  }),
  brokenCall("read.pauseInMade", "a pause inside connectionMade is forgotten", (spot) => ({
    pauseProducing: () => (spot.isInMade ? undefined : spot.inner.pauseProducing()),
  })),
  brokenEnd("read.toggled", "a resume gives the last chunk once more", (spot) => {
    let last: Bytes | null = null;
    let isDone = false;
    return {
      transport: {
        resumeProducing: () => {
          spot.inner.resumeProducing();
          if (last === null || isDone) return;
          isDone = true;
          const again = last;
          spot.later(() => spot.base.dataReceived(again));
        },
      },
      protocol: {
        dataReceived: (data) => {
          last = data;
          spot.base.dataReceived(data);
        },
      },
    };
  }),
  brokenCall("read.endWaits", "the end overtakes unread bytes", (spot) => ({
    loseConnection: () => {
      spot.inner.loseConnection();
      if (!spot.isClosing) spot.later(() => spot.other.base.readConnectionLost?.());
    },
  })),
  brokenTelling("read.neverEmpty", "every chunk is announced by an empty one", (spot) => ({
    dataReceived: (data) => {
      spot.base.dataReceived(new Uint8Array());
      spot.base.dataReceived(data);
    },
  })),
  brokenTelling("read.keptForEver", "all chunks are views of one buffer, used again", (spot) => {
    const pool = new Uint8Array(64 * 1024);
    return {
      dataReceived: (data) => {
        for (let at = 0; at < data.byteLength; at += pool.byteLength) {
          const piece = data.subarray(at, at + pool.byteLength);
          pool.set(piece);
          spot.base.dataReceived(pool.subarray(0, piece.byteLength));
        }
      },
    };
  }),
  brokenTelling("read.pinsLittle", "a small chunk is a view of a mebibyte", (spot) => ({
    dataReceived: (data) => {
      const slab = new Uint8Array(1024 * 1024);
      slab.set(data);
      spot.base.dataReceived(slab.subarray(0, data.byteLength));
    },
  })),
];

/** Reads on while paused, keeps it all, and hands it over inside `resumeProducing`. */
function hoarding(spot: Spot): EndDamage {
  let isPaused = false;
  let held: Bytes[] = [];
  return {
    transport: {
      pauseProducing: () => {
        isPaused = true;
      },
      resumeProducing: () => {
        isPaused = false;
        const chunks = held;
        held = [];
        for (const [index, chunk] of chunks.entries()) {
          if (isPaused) {
            held = chunks.slice(index);
            return;
          }
          spot.base.dataReceived(chunk);
        }
      },
      get ledger() {
        const heldBytes = held.reduce((sum, { byteLength }) => sum + byteLength, 0);
        const { delivered, undelivered, ...rest } = spot.inner.ledger;
        return { ...rest, delivered: delivered - heldBytes, undelivered: undelivered + heldBytes };
      },
    },
    protocol: {
      dataReceived: (data) => void (isPaused ? held.push(data) : spot.base.dataReceived(data)),
    },
  };
}
