import type { PushProducer } from "../../contract/index.ts";
import type { Spot } from "./damage.ts";
import { changedProducer, registerWith } from "./damage.ts";
import type { Fault } from "./fault.ts";
import { brokenCall, brokenEnd } from "./fault.ts";

/** Faults of how producers are treated. */
export const brokenProducers: readonly Fault[] = [
  brokenCall("producer.onlyOne", "a second producer takes the place of the first", (spot) => ({
    registerProducer: (producer, streaming) => {
      spot.inner.unregisterProducer();
      registerWith(spot.inner, producer, streaming);
    },
  })),
  treated("producer.checked", "anything may be registered", () => ({})),
  brokenCall(
    "producer.registerAfterEnd",
    "a producer registered after the end is left alone",
    (spot) => ({
      registerProducer: (producer, streaming) => {
        if (!spot.isLost) registerWith(spot.inner, producer, streaming);
      },
    }),
  ),
  brokenCall("producer.registerWhileClosing", "a closing connection refuses producers", (spot) => ({
    registerProducer: (producer, streaming) => {
      if (spot.isClosing) producer.stopProducing();
      else registerWith(spot.inner, producer, streaming);
    },
  })),
  brokenCall("producer.unregisterReleasesClose", "a close once held is forgotten", (spot) => ({
    unregisterProducer: () => {
      if (!spot.isClosing) spot.inner.unregisterProducer();
    },
  })),
  treated("producer.pullOncePerDrain", "a producer is asked twice each time", (_, producer) => ({
    resumeProducing: () => {
      producer.resumeProducing();
      producer.resumeProducing();
    },
  })),
  treated(
    "producer.pullEmptyAnswer",
    "a producer with nothing is asked again",
    (spot, producer) => ({
      resumeProducing: () => {
        const before = spot.inner.ledger.accepted;
        producer.resumeProducing();
        if (spot.inner.ledger.accepted === before) spot.later(() => producer.resumeProducing());
      },
    }),
  ),
  treated("producer.stoppedOnce", "a producer is never stopped", () => ({
    stopProducing: () => {},
  })),
  brokenEnd(
    "producer.forgotten",
    "all producers there ever were are stopped at the end",
    (spot) => {
      const all: PushProducer[] = [];
      return {
        transport: {
          registerProducer: (producer, streaming) => {
            all.push(producer);
            registerWith(spot.inner, producer, streaming);
          },
        },
        protocol: {
          connectionLost: (reason) => {
            for (const producer of all) producer.stopProducing();
            spot.base.connectionLost(reason);
          },
        },
      };
    },
  ),
  brokenCall("producer.freshStart", "a new producer inherits the pause of the old one", (spot) => {
    let wasPaused = false;
    return {
      registerProducer: (producer, streaming) => {
        if (wasPaused) spot.later(() => producer.resumeProducing());
        const pauseProducing = (): void => {
          wasPaused = true;
          producer.pauseProducing();
        };
        registerWith(spot.inner, changedProducer(producer, { pauseProducing }), streaming);
      },
    };
  }),
  treated("producer.throws", "what a producer throws is swallowed", (_, producer) => ({
    pauseProducing: () => {
      try {
        producer.pauseProducing();
      } catch {
        return;
      }
    },
  })),
  treated("producer.pausedAtHigh", "a producer is paused a turn late", (spot, producer) => ({
    pauseProducing: () => spot.later(() => producer.pauseProducing()),
  })),
  treated(
    "producer.resumedAtLow",
    "a producer is resumed while most is queued",
    (spot, producer) => ({
      pauseProducing: () => {
        producer.pauseProducing();
        spot.later(() => producer.resumeProducing());
      },
      resumeProducing: () => {},
    }),
  ),
  brokenCall("producer.alternates", "each write above the mark pauses once more", (spot) => {
    let paused: PushProducer | null = null;
    return {
      registerProducer: (producer, streaming) => {
        const changes = {
          pauseProducing: (): void => {
            paused = producer;
            producer.pauseProducing();
          },
          resumeProducing: (): void => {
            paused = null;
            producer.resumeProducing();
          },
        };
        registerWith(spot.inner, changedProducer(producer, changes), streaming);
      },
      write: (data) => {
        paused?.pauseProducing();
        spot.inner.write(data);
      },
    };
  }),
  treated("producer.resumedOutsideWrite", "a producer is resumed inside write", (_, producer) => ({
    pauseProducing: () => {
      producer.pauseProducing();
      producer.resumeProducing();
    },
    resumeProducing: () => {},
  })),
];

/** A fault in what every producer is told. */
function treated(
  caught: string,
  fault: string,
  change: (spot: Spot, producer: PushProducer) => Partial<PushProducer>,
): Fault {
  return brokenCall(caught, fault, (spot) => ({
    registerProducer: (producer, streaming) => {
      registerWith(spot.inner, changedProducer(producer, change(spot, producer)), streaming);
    },
  }));
}
