import type { Capability, Observer, Protocol, Runtime } from "../contract/index.ts";
import { resolveLimits } from "../contract/index.ts";
import type { Facts, Wire } from "../flow/index.ts";
import { Flow, systemRuntime } from "../flow/index.ts";
import type { Settle } from "./settle.ts";
import { settleByTurns } from "./settle.ts";
import type { PairOptions, WireUnderTest } from "./wire-under-test.ts";

/** Makes one end: verbs for flow, given whom to report facts to. */
export type MakeWire = (facts: Facts) => Wire;

export interface FlowWireOptions {
  readonly name: string;
  readonly capabilities: Iterable<Capability>;
  /**
   * Two fresh ends, joined: left and right. Open when this returns; they must not report before.
   */
  readonly join: () => readonly MakeWire[];
  /** Default: the system's clock and turns. */
  readonly runtime?: Runtime;
  /** Default: real time, turn by turn. */
  readonly settle?: Settle;
  readonly knownGaps?: Readonly<Record<string, string>>;
}

/**
 * A wire under test from six verbs: what somebody who writes a wire starts with.
 *
 * Each end gets a flow of its own, which does all that is hard; the cases then show whether the
 * verbs do what flow asks, and whether the facts are true.
 */
export function flowWire(options: FlowWireOptions): WireUnderTest {
  const { name, join, knownGaps, runtime = systemRuntime() } = options;
  const { settle = settleByTurns(runtime) } = options;
  const capabilities = new Set(options.capabilities);
  const end = (
    make: MakeWire,
    protocol: Protocol,
    { limits, onError }: PairOptions,
    observer: Observer | undefined,
  ): Flow =>
    new Flow(make, {
      capabilities,
      runtime,
      onError,
      limits: resolveLimits(limits),
      accept: () => protocol,
      ...(observer === undefined ? {} : { observer }),
    });
  return {
    name,
    capabilities,
    pair: async (left, right, given) => {
      const [makeLeft, makeRight] = join();
      if (makeLeft === undefined || makeRight === undefined) {
        throw new TypeError("join() must give two ends: left and right");
      }
      const atLeft = end(makeLeft, left, given, given.observers?.left);
      const atRight = end(makeRight, right, given, given.observers?.right);
      atRight.opened();
      atLeft.opened();
      const dispose = async (): Promise<void> => {
        for (const flow of [atLeft, atRight]) flow.cancel(new Error("the pair was let go"));
      };
      const [atEnd, atOther] = [atLeft.transport, atRight.transport];
      return { left: atEnd, right: atOther, settle, [Symbol.asyncDispose]: dispose };
    },
    ...(knownGaps === undefined ? {} : { knownGaps }),
  };
}
