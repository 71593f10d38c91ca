import type { Fault } from "./fault.ts";
import { brokenCall, brokenEnd, brokenTelling } from "./fault.ts";

/** Faults of half-closing and of aborting. */
export const brokenHalves: readonly Fault[] = [
  brokenCall("halfClose.readingGoesOn", "the end of our direction is the end of both", (spot) => ({
    loseWriteConnection: () => spot.inner.loseConnection(),
  })),
  brokenTelling("halfClose.lateReply", "the peer's end closes our direction as well", (spot) =>
    spot.base.readConnectionLost === undefined
      ? {}
      : {
          readConnectionLost: () => {
            spot.base.readConnectionLost?.();
            spot.inner.loseConnection();
          },
        },
  ),
  brokenCall("halfClose.waitsForProducer", "a producer does not hold our end back", (spot) => ({
    loseWriteConnection: () => {
      spot.inner.unregisterProducer();
      spot.inner.loseWriteConnection();
    },
  })),
  brokenCall("halfClose.twice", "a second half-close is an abort", (spot) => ({
    loseWriteConnection: () =>
      spot.isHalfClosed ? spot.inner.abortConnection() : spot.inner.loseWriteConnection(),
  })),
  brokenTelling("halfClose.told", "writeConnectionLost never comes", () => ({
    writeConnectionLost: () => {},
  })),
  brokenTelling(
    "halfClose.untoldWhenClosing",
    "a close tells writeConnectionLost, too",
    (spot) => ({
      connectionLost: (reason) => {
        if (spot.isClosing) spot.base.writeConnectionLost?.();
        spot.base.connectionLost(reason);
      },
    }),
  ),
  brokenCall("halfClose.writesDropped", "writes after our end are still sent", (spot) => ({
    loseWriteConnection: () => spot.later(() => spot.inner.loseWriteConnection()),
  })),
  brokenTelling("halfClose.bothEnded", "it stays open until somebody closes it", (spot) => ({
    connectionLost: (reason) => {
      if (spot.isClosing) spot.base.connectionLost(reason);
    },
  })),
  brokenCall("halfClose.thenClose", "a close after a half-close is ignored", (spot) => ({
    loseConnection: () => (spot.isHalfClosed ? undefined : spot.inner.loseConnection()),
  })),
  brokenEnd("halfClose.endTwice", "each resume finds the peer's end again", (spot) => {
    let isEnded = false;
    const readLost = spot.base.readConnectionLost;
    if (readLost === undefined) return {};
    return {
      transport: {
        resumeProducing: () => (isEnded ? spot.later(readLost) : spot.inner.resumeProducing()),
      },
      protocol: {
        readConnectionLost: () => {
          isEnded = true;
          readLost();
        },
      },
    };
  }),
  brokenTelling("peerEnd.flushes", "the peer's end drops what is queued", (spot) =>
    spot.base.readConnectionLost === undefined
      ? { readConnectionLost: () => spot.inner.abortConnection() }
      : {},
  ),
  brokenTelling("peerEnd.producerHolds", "the peer's end stops the producer", (spot) =>
    spot.base.readConnectionLost === undefined
      ? {
          readConnectionLost: () => {
            spot.inner.unregisterProducer();
            spot.inner.loseConnection();
          },
        }
      : {},
  ),
  brokenCall("abort.discards", "an abort sends what is queued first", (spot) => ({
    abortConnection: () => {
      const abort = (): void => spot.inner.abortConnection();
      spot.inner.flushed().then(abort, abort);
    },
  })),
  brokenEnd("abort.laterTurn", "the end of an abort is told in a microtask", (spot) => {
    let isTold = false;
    return {
      transport: {
        abortConnection: () => {
          spot.inner.abortConnection();
          if (isTold || spot.isLost) return;
          isTold = true;
          const reason = { kind: "aborted", by: "us", ledger: spot.inner.ledger } as const;
          void Promise.resolve().then(() => spot.base.connectionLost(reason));
        },
      },
      protocol: {
        connectionLost: (reason) => (isTold ? undefined : spot.base.connectionLost(reason)),
      },
    };
  }),
  brokenTelling("abort.visible", "the peer takes our abort for an end", (spot) => ({
    connectionLost: (reason) => {
      const { ledger } = reason;
      const isReset = reason.code === "ERR_WIRE_RESET";
      spot.base.connectionLost(isReset ? { kind: "done", by: "peer", ledger } : reason);
    },
  })),
  brokenCall("abort.silentAfter", "what had arrived is delivered after an abort", (spot) => ({
    abortConnection: () => spot.later(() => spot.inner.abortConnection()),
  })),
  brokenCall("abort.twice", "a second abort throws", (spot) => {
    let isAborted = false;
    return {
      abortConnection: () => {
        if (isAborted) throw new Error("aborted already");
        isAborted = true;
        spot.inner.abortConnection();
      },
    };
  }),
  brokenCall("abort.whileClosing", "a closing connection cannot be aborted", (spot) => ({
    abortConnection: () => (spot.isClosing ? undefined : spot.inner.abortConnection()),
  })),
];
