import type { Capability } from "../contract/index.ts";
import type { Stage } from "./stage.ts";

/** One promise of the contract, and a program that tells whether a wire keeps it. */
export interface ConformanceCase {
  /** Stable: the word that docs, gaps and failures name it by. */
  readonly id: string;
  /** The sentence of the contract. */
  readonly clause: string;
  /** Without these the case is skipped. */
  readonly needs: readonly Capability[];
  /** Whether it also means something with somebody else's proxy in between. */
  readonly through?: boolean;
  /** Whether it moves mebibytes; a wire that takes them byte by byte may leave it out. */
  readonly heavy?: boolean;
  /**
   * Whether it makes its connections by listening and connecting, so that turning it round is idle.
   */
  readonly byEndpoint?: boolean;
  /** @throws {ConformanceFailure} when the wire does not keep the promise. */
  run(stage: Stage): Promise<void>;
}
