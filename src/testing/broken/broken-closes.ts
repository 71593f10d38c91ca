import type { Bytes } from "../../contract/index.ts";
import type { Fault } from "./fault.ts";
import { brokenCall, brokenEnd } from "./fault.ts";

/** Faults of closing. */
export const brokenCloses: readonly Fault[] = [
  brokenCall("close.flushes", "a close forgets what was written in its turn", (spot) => {
    let pending: Bytes[] = [];
    return {
      write: (data) => {
        pending.push(data);
        void Promise.resolve().then(() => spot.inner.writeSequence(pending.splice(0)));
      },
      loseConnection: () => {
        pending = [];
        spot.inner.loseConnection();
      },
    };
  }),
  brokenCall("close.flushesInMade", "what connectionMade writes is lost", (spot) => ({
    write: (data) => (spot.isInMade ? undefined : spot.inner.write(data)),
  })),
  brokenCall("close.chatty", "a close resets the connection as soon as all is sent", (spot) => ({
    loseConnection: () => {
      const reset = (): void => spot.inner.abortConnection();
      spot.inner.flushed().then(reset, reset);
    },
  })),
  brokenCall("close.waitsForProducer", "a push producer does not hold the close", (spot) => {
    let isStreaming = false;
    return {
      registerProducer: (producer, streaming) => {
        isStreaming = streaming;
        spot.inner.registerProducer(producer, streaming as true);
      },
      loseConnection: () => {
        if (isStreaming) spot.inner.unregisterProducer();
        spot.inner.loseConnection();
      },
    };
  }),
  brokenCall("close.waitsForPullProducer", "a pull producer does not hold the close", (spot) => {
    let isStreaming = true;
    return {
      registerProducer: (producer, streaming) => {
        isStreaming = streaming;
        spot.inner.registerProducer(producer, streaming as true);
      },
      loseConnection: () => {
        if (!isStreaming) spot.inner.unregisterProducer();
        spot.inner.loseConnection();
      },
    };
  }),
  brokenCall("close.silentAfter", "data comes until the close is complete", (spot) => ({
    loseConnection: () => spot.inner.loseWriteConnection(),
  })),
  brokenCall(
    "close.fromDataReceived",
    "what had arrived with the first chunk still comes",
    (spot) => ({
      loseConnection: () => spot.later(() => spot.inner.loseConnection()),
    }),
  ),
  brokenCall("close.twice", "a second close is an abort", (spot) => ({
    loseConnection: () =>
      spot.isClosing ? spot.inner.abortConnection() : spot.inner.loseConnection(),
  })),
  brokenCall("close.whilePaused", "a close waits for a paused reader", (spot) => {
    let isPaused = false;
    return {
      pauseProducing: () => {
        isPaused = true;
        spot.inner.pauseProducing();
      },
      resumeProducing: () => {
        isPaused = false;
        spot.inner.resumeProducing();
        if (spot.isClosing) spot.inner.loseConnection();
      },
      loseConnection: () => (isPaused ? undefined : spot.inner.loseConnection()),
    };
  }),
  brokenEnd("close.byBoth", "two closes that cross are taken for a loss", (spot) => ({
    protocol: {
      connectionLost: (reason) => {
        const isCrossed = spot.isClosing && spot.other.isClosing;
        spot.base.connectionLost(isCrossed ? { ...reason, kind: "lost", by: "wire" } : reason);
      },
    },
  })),
];
