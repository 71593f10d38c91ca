import { systemRuntime } from "../../src/flow/index.ts";
import type { TlsOptions } from "../../src/layers/tls/index.ts";
import { selfSigned } from "../../src/layers/tls/index.ts";
import type { VirtualRuntime } from "../../src/memory/index.ts";
import type { Settle } from "../../src/testing/index.ts";

/** What both ends of a pair are made with: one certificate that they trust, and one version. */
export interface TlsPair {
  readonly version: "TLSv1.2" | "TLSv1.3";
  readonly server: TlsOptions;
  readonly client: TlsOptions;
}

const { cert, key } = await selfSigned({ names: ["localhost", "127.0.0.1"] });

export const tlsPairs: readonly TlsPair[] = (["TLSv1.2", "TLSv1.3"] as const).map((version) => {
  const only = { minVersion: version, maxVersion: version };
  return { version, server: { ...only, cert, key }, client: { ...only, ca: cert } };
});

/**
 * A `settle` for TLS in virtual time: the engine works in real turns, so some pass between steps,
 * and a moment without anything scheduled does not mean that nothing can happen.
 */
export function settleWithEngine(runtime: VirtualRuntime): Settle {
  return async (until) => {
    let stepMs = SHORT_STEP_MS;
    for (let steps = 0; !until(); steps++) {
      if (stepMs > LONGEST_STEP_MS) throw new Error("it does not happen, however long one waits");
      if (steps === SHORT_STEPS) stepMs = STEP_MS;
      else if (steps > LEVEL_STEPS) stepMs *= 2;
      for (let turn = 0; turn < ENGINE_TURNS; turn++) {
        await new Promise<void>((resolve) => systemRuntime().turn.later(resolve));
      }
      await runtime.runFor(stepMs);
    }
  };
}

const ENGINE_TURNS = 4;
const SHORT_STEPS = 64;
const SHORT_STEP_MS = 0.05;
const STEP_MS = 2;
const LEVEL_STEPS = 1000;
const LONGEST_STEP_MS = 24 * 60 * 60 * 1000;
