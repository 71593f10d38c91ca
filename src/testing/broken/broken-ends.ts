import type { Address, CloseReason, Ledger, Protocol } from "../../contract/index.ts";
import type { Spot } from "./damage.ts";
import { changedObserver, changedProducer, registerWith } from "./damage.ts";
import type { Fault } from "./fault.ts";
import { broken, brokenCall, brokenEnd, brokenTelling } from "./fault.ts";

/** Faults of the account, of switching, and of how the end is told. */
export const brokenEnds: readonly Fault[] = [
  brokenCall("flushed.resolves", "flushed() with nothing to send never settles", (spot) => ({
    flushed: () => (spot.inner.ledger.unsent === 0 ? new Promise(() => {}) : spot.inner.flushed()),
  })),
  brokenCall("flushed.notEarly", "flushed() settles at once", () => ({
    flushed: () => Promise.resolve(),
  })),
  brokenCall("flushed.rejects", "flushed() resolves though bytes were lost", (spot) => ({
    flushed: () => spot.inner.flushed().catch(() => {}),
  })),
  brokenCall("flushed.rejectsWhenCut", "only an abort of ours settles flushed()", (spot) => {
    let isAborted = false;
    return {
      abortConnection: () => {
        isAborted = true;
        spot.inner.abortConnection();
      },
      flushed: () =>
        spot.inner.flushed().catch((error: unknown) => {
          if (!isAborted) return new Promise<never>(() => {});
          throw error;
        }),
    };
  }),
  counting("ledger.balances", "what is queued is not counted", (ledger) => ({
    unsent: ledger.inFlight,
  })),
  counting("ledger.exact", "an empty chunk counts as a byte", (ledger) => ({
    accepted: ledger.accepted + 1,
    sent: ledger.sent + 1,
  })),
  ending("ledger.undelivered", "what was discarded counts as delivered", (reason) => ({
    ...reason,
    ledger: { ...reason.ledger, delivered: reason.ledger.received, undelivered: 0 },
  })),
  ending("ledger.unsent", "what was queued at an abort counts as sent", (reason) => ({
    ...reason,
    ledger: { ...reason.ledger, sent: reason.ledger.sent + reason.ledger.unsent, unsent: 0 },
  })),
  brokenCall("switch.order", "the next protocol is made inside switchProtocol", (spot) => ({
    switchProtocol: (next, early) => {
      next.connectionMade(spot.inner);
      spot.inner.switchProtocol({ ...onward(next), connectionMade: () => {} }, early);
    },
  })),
  brokenCall("switch.early", "early bytes are lost", (spot) => ({
    switchProtocol: (next) => spot.inner.switchProtocol(next),
  })),
  brokenCall("switch.pauseAnew", "a pause outlives the protocol that asked for it", (spot) => {
    let isPaused = false;
    return {
      pauseProducing: () => {
        isPaused = true;
        spot.inner.pauseProducing();
      },
      switchProtocol: (next, early) => {
        const connectionMade: Protocol["connectionMade"] = (transport) => {
          if (isPaused) transport.pauseProducing();
          next.connectionMade(transport);
        };
        spot.inner.switchProtocol({ ...onward(next), connectionMade }, early);
      },
    };
  }),
  brokenCall("switch.producer", "the old producer is not told that it was forgotten", (spot) => {
    let isSwitched = false;
    return {
      registerProducer: (producer, streaming) => {
        const stopProducing = (): void => (isSwitched ? undefined : producer.stopProducing());
        registerWith(spot.inner, changedProducer(producer, { stopProducing }), streaming);
      },
      switchProtocol: (next, early) => {
        isSwitched = true;
        spot.inner.switchProtocol(next, early);
      },
    };
  }),
  brokenCall("switch.ourEnd", "our end is told to the old protocol after the switch", (spot) => ({
    switchProtocol: (next, early) => {
      spot.inner.switchProtocol(next, early);
      if (spot.isHalfClosed) spot.later(() => spot.base.writeConnectionLost?.());
    },
  })),
  brokenCall("switch.ended", "a protocol switched to in the last moment is never made", (spot) => {
    let isAborted = false;
    return {
      abortConnection: () => {
        isAborted = true;
        spot.inner.abortConnection();
      },
      switchProtocol: (next, early) => {
        const connectionMade: Protocol["connectionMade"] = (transport) =>
          isAborted ? undefined : next.connectionMade(transport);
        spot.inner.switchProtocol({ ...onward(next), connectionMade }, early);
      },
    };
  }),
  brokenCall("switch.closed", "a switch on a closed connection is ignored", (spot) => ({
    switchProtocol: (next, early) => {
      if (!spot.isClosing) spot.inner.switchProtocol(next, early);
    },
  })),
  brokenCall("switch.busy", "a second switch in a turn is ignored", (spot) => {
    let isSwitched = false;
    return {
      switchProtocol: (next, early) => {
        if (!isSwitched) spot.inner.switchProtocol(next, early);
        isSwitched = true;
      },
    };
  }),
  ending("reason.done", "a close is blamed on the other side", (reason) =>
    reason.kind === "done" ? { ...reason, by: reason.by === "us" ? "peer" : "us" } : reason,
  ),
  ending("reason.doneByHalves", "only loseConnection counts as our end", (reason, spot) =>
    reason.kind === "done" && !spot.isClosing ? { ...reason, by: "peer" } : reason,
  ),
  ending("reason.aborted", "our abort is told as a loss", (reason) =>
    reason.kind === "aborted" ? { ...reason, kind: "lost" } : reason,
  ),
  ending("reason.lost", "a reset carries no code", ({ code, ...reason }) =>
    code === undefined || code === "ERR_WIRE_RESET" ? reason : { code, ...reason },
  ),
  ending("reason.lostWhileClosing", "a reset during a close is told as done", (reason, spot) =>
    spot.isClosing ? { kind: "done", by: "us", ledger: reason.ledger } : reason,
  ),
  brokenTelling("protocol.once", "connectionLost comes twice", (spot) => ({
    connectionLost: (reason) => {
      spot.base.connectionLost(reason);
      spot.base.connectionLost(reason);
    },
  })),
  brokenTelling("protocol.throws", "what dataReceived throws is swallowed", (spot) => ({
    dataReceived: (data) => swallow(() => spot.base.dataReceived(data)),
  })),
  brokenTelling("protocol.rejects", "nobody looks at promises", (spot) => ({
    dataReceived: (data) => {
      const answer = spot.base.dataReceived(data) as unknown;
      Promise.resolve(answer).catch(() => {});
    },
  })),
  brokenTelling(
    "protocol.throwsInHalves",
    "what writeConnectionLost throws is swallowed",
    (spot) => ({
      writeConnectionLost: () => swallow(() => spot.base.writeConnectionLost?.()),
    }),
  ),
  brokenTelling("protocol.throwsAtEnd", "what connectionLost throws is swallowed", (spot) => ({
    connectionLost: (reason) => swallow(() => spot.base.connectionLost(reason)),
  })),
  brokenCall("address.stable", "after the end nobody knows where it was", (spot) => ({
    getHost: () => (spot.isLost ? { kind: "memory", name: "gone" } : spot.inner.getHost()),
  })),
  brokenCall("address.value", "the peer is told as text", (spot) => ({
    getPeer: () => JSON.stringify(spot.inner.getPeer()) as unknown as Address,
  })),
  brokenCall("capability.told", "the transport conceals that it can half-close", (spot) => ({
    get capabilities() {
      return new Set([...spot.inner.capabilities].filter((name) => name !== "halfClose"));
    },
  })),
  broken("capability.refused", "where it cannot abort, an abort is a close", {
    without: "abort",
    end: (spot) => ({ transport: { abortConnection: () => spot.inner.loseConnection() } }),
  }),
  brokenEnd("observe.bytes", "an observer sees only what comes in", () => ({
    observer: (observer) =>
      changedObserver(observer, {
        bytes: (direction, data) =>
          direction === "in" ? observer.bytes?.(direction, data) : undefined,
      }),
  })),
  brokenEnd(
    "observe.counted",
    "an observer is told how much comes in, not how much goes out",
    () => ({
      observer: (observer) =>
        changedObserver(observer, {
          counted: (direction, byteCount) =>
            direction === "in" ? observer.counted?.(direction, byteCount) : undefined,
        }),
    }),
  ),
  brokenEnd("observe.ended", "an observer is told the end after the protocol", (spot) => ({
    observer: (observer) =>
      changedObserver(observer, { ended: (reason) => spot.later(() => observer.ended?.(reason)) }),
  })),
  brokenEnd("observe.pauses", "an observer is not told of pauses", () => ({
    observer: (observer) => changedObserver(observer, { paused: () => {} }),
  })),
  brokenEnd("observe.harmless", "an observer that throws ends the connection", (spot) => ({
    observer: (observer) =>
      changedObserver(observer, {
        bytes: (direction, data) => {
          try {
            observer.bytes?.(direction, data);
          } catch {
            spot.inner.abortConnection();
          }
        },
      }),
  })),
];

/** A fault in the live account. */
function counting(
  caught: string,
  fault: string,
  change: (ledger: Ledger) => Partial<Ledger>,
): Fault {
  return brokenCall(caught, fault, (spot) => ({
    get ledger() {
      const { ledger } = spot.inner;
      return { ...ledger, ...change(ledger) };
    },
  }));
}

/** A fault in the reason that is told. */
function ending(
  caught: string,
  fault: string,
  change: (reason: CloseReason, spot: Spot) => CloseReason,
): Fault {
  return brokenTelling(caught, fault, (spot) => ({
    connectionLost: (reason) => spot.base.connectionLost(change(reason, spot)),
  }));
}

/** `next` as an object of its own, so that single methods can be replaced. */
function onward(next: Protocol): Protocol {
  return {
    connectionMade: (transport) => next.connectionMade(transport),
    dataReceived: (data) => next.dataReceived(data),
    connectionLost: (reason) => next.connectionLost(reason),
  };
}

function swallow(action: () => void): void {
  try {
    action();
  } catch {
    return;
  }
}
