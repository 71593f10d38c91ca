import type { Address, Endpoint, Protocol } from "../../../contract/index.ts";
import type { LoopbackOptions } from "../../../memory/index.ts";
import {
  loopback,
  memoryNetwork,
  seededChance,
  Trace,
  VirtualRuntime,
  Weather,
} from "../../../memory/index.ts";
import type { WireUnderTest } from "../../../testing/index.ts";
import { loopbackWire, settleByTurns } from "../../../testing/index.ts";
import { listeningWire } from "./listening-wire.ts";
import type { TourWire } from "./tour-wire.ts";

/** Two protocols joined in memory. */
export const loopbackTourWire: TourWire = joined({
  key: "loopback",
  title: "loopback",
  column: "lop",
  made: "memory of this process, chunk by chunk",
  options: () => ({}),
});

const network = memoryNetwork();
let names = 0;

/** A name in a network inside this process. */
export const memoryWire: TourWire = listeningWire({
  key: "memory",
  title: "memory",
  column: "mem",
  capabilities: ["abortVisible"],
  server: () => {
    names += 1;
    return network.endpoint(`tour-${names}`);
  },
  leadingTo: (host: Address): Endpoint => {
    if (host.kind !== "memory") throw new TypeError("not in this network");
    return network.endpoint(host.name);
  },
  commands: () => [],
});

const SEED = 7;

/** A loopback under weather: cut, merged, delayed, held up, all drawn from a seed. */
export const simulatedWire: TourWire = {
  ...joined({
    key: "simulated",
    title: "simulated",
    column: "sim",
    made: `memory in bad weather, seed ${SEED}: split, merge, delay, clog`,
    options: () => stormy(startClock(new VirtualRuntime({ chance: seededChance(SEED) }))),
  }),
  underTest: () => {
    const runtime = new VirtualRuntime({ chance: seededChance(SEED) });
    const { join } = stormy(runtime);
    return loopbackWire({ name: "simulated", runtime, ...(join && { join }) });
  },
};

function stormy(runtime: VirtualRuntime): LoopbackOptions {
  const chance = seededChance(SEED);
  const faults = ["split", "merge", "delay", "clog", "buffer", "late", "progress"] as const;
  const weather = new Weather({ runtime, chance, trace: new Trace(), faults });
  return { runtime, join: weather.join };
}

/** Lets virtual time pass beside the real one, twenty times as fast, while anybody is waiting. */
function startClock(runtime: VirtualRuntime): VirtualRuntime {
  setInterval(() => runtime.advance(TICK_MS * TIMES_AS_FAST), TICK_MS).unref();
  return runtime;
}

const TICK_MS = 2;
const TIMES_AS_FAST = 20;

interface JoinedOptions {
  readonly key: string;
  readonly title: string;
  readonly column: string;
  readonly made: string;
  readonly options: () => LoopbackOptions;
}

function joined({ column, key, made, options, title }: JoinedOptions): TourWire {
  return {
    key,
    title,
    column,
    open: async ({ chat, member, roomOptions: { limits, onError } }) => {
      const room = chat({ kind: "loopback", side: "right" });
      if (room === null) throw new Error(`the room is closed to ${key}`);
      loopback(member, room, {
        ...options(),
        ...(limits && { limits }),
        ...(onError && { onError }),
      });
      return { address: made, commands: [], stopListening: async () => {} };
    },
    live: () => liveLoopback(key, options),
  };
}

function liveLoopback(name: string, options: () => LoopbackOptions): WireUnderTest {
  return {
    name,
    capabilities: new Set(["abort", "abortVisible", "halfClose", "linger", "backPressure"]),
    pair: async (left: Protocol, right: Protocol, { limits, observers = {}, onError }) => {
      const made = loopback(left, right, { ...options(), limits, observers, onError });
      return {
        left: made.left,
        right: made.right,
        settle: settleByTurns(),
        [Symbol.asyncDispose]: async () => {
          made.left.abortConnection();
          made.right.abortConnection();
        },
      };
    },
  };
}
