import type { Capability } from "../contract/index.ts";
import type { LoopbackOptions, PumpPolicy } from "../memory/index.ts";
import { loopback, memoryNetwork, VirtualRuntime } from "../memory/index.ts";
import { settleVirtually } from "./settle.ts";
import type { PairOptions, WireUnderTest } from "./wire-under-test.ts";

export interface LoopbackWireOptions {
  /** Default: `loopback`. */
  readonly name?: string;
  readonly pump?: PumpPolicy;
  readonly join?: NonNullable<LoopbackOptions["join"]>;
  /** How many bytes each direction holds for a peer that does not read. Default 0. */
  readonly capacity?: number;
  /** Default: a new one, so that no case waits for real time. */
  readonly runtime?: VirtualRuntime;
}

/** The library's own loopback as a wire under test, in virtual time. */
export function loopbackWire(options: LoopbackWireOptions = {}): WireUnderTest {
  const { name = "loopback", runtime = new VirtualRuntime(), ...weather } = options;
  const settle = settleVirtually(runtime);
  const world = { settle, [Symbol.asyncDispose]: async () => {} };
  return {
    name,
    capabilities: CAPABILITIES,
    pair: async (left, right, { limits, onError, observers = {} }: PairOptions) => {
      const base = { ...weather, runtime, limits, onError, observers };
      const { left: atLeft, right: atRight } = loopback(left, right, base);
      return { ...world, left: atLeft, right: atRight };
    },
    endpoint: async ({ onError }) => {
      const network = memoryNetwork({ ...weather, runtime, onError });
      const here = network.endpoint("here");
      return { ...world, server: here, leadingTo: () => here };
    },
  };
}

const CAPABILITIES: ReadonlySet<Capability> = new Set([
  "abort",
  "abortVisible",
  "halfClose",
  "linger",
  "backPressure",
  "listen",
]);
