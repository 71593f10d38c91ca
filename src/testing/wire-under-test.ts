import type {
  Capability,
  ClientEndpoint,
  Limits,
  ListeningPort,
  Observer,
  OnError,
  Protocol,
  ServerEndpoint,
  Transport,
} from "../contract/index.ts";

/**
 * A wire that somebody claims keeps the contract: how to make a connection on it, and what it says
 * it can do.
 *
 * @example A wire of your own
 * ```ts
 * import { test } from "node:test";
 * import { register } from "overwall/testing";
 * import { carrierPigeon } from "./carrier-pigeon.js";
 *
 * register(carrierPigeon, test);
 * ```
 */
export interface WireUnderTest {
  /** The first word of every test name. */
  readonly name: string;
  /** What it can do; a case that needs more is skipped, and says so. */
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * Joins the two protocols over a fresh connection; resolves when both `connectionMade` have
   * returned. Nothing may be shared with another pair.
   *
   * @throws the reason of `options.signal` when that is aborted before.
   */
  pair(left: Protocol, right: Protocol, options: PairOptions): Promise<Pair>;
  /** A fresh place to listen. Asked for with the capability `listen` only. */
  endpoint?(options: PairOptions): Promise<Place>;
  /** The system's, where they travel. Asked for with the capability `descriptors` only. */
  readonly descriptors?: Descriptors;
  /**
   * How late an answer is that comes late, in real milliseconds: more than the time after which an
   * impatient relay gives up. Default: a few hundred turns.
   */
  readonly latenessMs?: number;
  /** Case id → why it is known to fail. A gap that passes is a failure: it has healed. */
  readonly knownGaps?: Readonly<Record<string, string>>;
}

/** Open descriptors of the system that a wire is on. */
export interface Descriptors {
  /** Of a file that nobody else has. */
  readonly open: () => number;
  readonly close: (fd: number) => void;
  /** Whether both stand for the same open file. */
  readonly isSame: (fd: number, other: number) => boolean;
  /** How many of this process stand for the same open file as `fd`, which counts as well. */
  readonly copies: (fd: number) => number;
}

/** What a pair is made with; the same for both ends, unless a side is named. */
export interface PairOptions {
  readonly limits: Partial<Limits>;
  /** Aborted when the case gives up: let go of everything then. */
  readonly signal: AbortSignal;
  readonly onError: OnError;
  readonly observers?: { readonly left?: Observer; readonly right?: Observer };
}

/** Lets the world run: turns, time, the system. */
export interface World {
  /**
   * Resolves soon after `until()` is true. It is asked between turns, never inside one, and at
   * least
   * once; microtasks run between two askings. Real wires wait; simulated ones step.
   *
   * May reject when nothing is left that could happen.
   */
  settle(until: () => boolean): Promise<void>;
}

/** A connection with both its ends in our hands. Disposing lets go of both, however they are. */
export interface Pair extends World, AsyncDisposable {
  readonly left: Transport;
  readonly right: Transport;
}

/** A place to listen, and the way there. Disposing lets go of what the place itself holds. */
export interface Place extends World, AsyncDisposable {
  readonly server: ServerEndpoint;
  /** Leads to where `port` listens, or listened. Listening there as well is refused. */
  leadingTo(port: ListeningPort): ClientEndpoint & ServerEndpoint;
}
