import type { Capability, ErrorContext, Limits, Observer } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { check } from "./check.ts";
import type { Role } from "./stage-end.ts";
import { StageEnd } from "./stage-end.ts";
import type {
  Descriptors,
  Pair,
  PairOptions,
  Place,
  WireUnderTest,
  World,
} from "./wire-under-test.ts";

/** Which end of the pair plays `near`. */
export type Orientation = "left→right" | "right→left";

export interface Scene {
  readonly near?: Role;
  readonly far?: Role;
  readonly limits?: Partial<Limits>;
  readonly observers?: { readonly near?: Observer; readonly far?: Observer };
}

/** An error that reached `onError`. */
export interface Reported {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** Two ends of a fresh connection; `near` is the one that the case is about. */
export interface Ends {
  readonly near: StageEnd;
  readonly far: StageEnd;
  readonly pair: Pair;
}

/** Where one case runs: makes its connections, waits with a word for what, cleans up. */
export class Stage implements AsyncDisposable {
  /** What reached `onError`, of all connections of the case. */
  readonly reported: Reported[] = [];
  /** What the case waits for now, for whoever gives up on it. */
  waitingFor = "nothing";
  readonly #wire: WireUnderTest;
  readonly #orientation: Orientation;
  readonly #gaveUp = new AbortController();
  readonly #open: AsyncDisposable[] = [];
  readonly #ends: StageEnd[] = [];
  #world: World | null = null;

  constructor(wire: WireUnderTest, orientation: Orientation) {
    this.#wire = wire;
    this.#orientation = orientation;
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#wire.capabilities;
  }

  /** Those of the wire's system. */
  get descriptors(): Descriptors {
    const { descriptors } = this.#wire;
    check(descriptors !== undefined, "the wire says that it passes descriptors, and has none");
    return descriptors;
  }

  /** Every end that has played so far. */
  get ends(): readonly StageEnd[] {
    return this.#ends;
  }

  /** A fresh connection between two ends that play their roles. */
  async open(scene: Scene = {}): Promise<Ends> {
    const near = this.end(scene.near);
    const far = this.end(scene.far);
    const isTurned = this.#orientation === "right→left";
    const [left, right] = isTurned ? [far, near] : [near, far];
    const { near: atNear, far: atFar } = scene.observers ?? {};
    const [atLeft, atRight] = isTurned ? [atFar, atNear] : [atNear, atFar];
    this.waitingFor = "the connection to be made";
    const pair = await this.#wire.pair(left.protocol, right.protocol, {
      ...this.options(scene.limits),
      observers: {
        ...(atLeft === undefined ? {} : { left: atLeft }),
        ...(atRight === undefined ? {} : { right: atRight }),
      },
    });
    this.#world = this.enter(pair);
    left.adopt(pair.left);
    right.adopt(pair.right);
    return { near, far, pair };
  }

  /** An end whose connection the case makes itself. */
  end(role: Role = {}): StageEnd {
    const end = new StageEnd(role);
    this.#ends.push(end);
    return end;
  }

  /** A fresh place to listen. */
  async place(): Promise<Place> {
    const { endpoint } = this.#wire;
    check(endpoint !== undefined, "the wire says that it can listen, and has no endpoint()");
    this.waitingFor = "a place to listen";
    const place = this.enter(await endpoint.call(this.#wire, this.options()));
    this.#world = place;
    return place;
  }

  options(limits: Partial<Limits> = {}): PairOptions {
    return {
      limits,
      signal: this.#gaveUp.signal,
      onError: (error, context) => void this.reported.push({ error, context }),
    };
  }

  /** Lets the world run until `condition` holds. `what` ends the sentence "waiting for …". */
  async until(what: string, condition: () => boolean): Promise<void> {
    check(this.#world !== null, `there is no connection to wait with for ${what}`);
    const { signal } = this.#gaveUp;
    this.waitingFor = what;
    try {
      await this.#world.settle(() => signal.aborted || condition());
    } catch (error) {
      check(
        false,
        `waiting for ${what}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    check(!signal.aborted, `waiting for ${what}: given up`);
    check(condition(), `settle() came back before ${what}`);
  }

  /** Lets a few turns pass: whatever would come at once has come afterwards. */
  async turns(count = 16): Promise<void> {
    for (let turn = 0; turn < count; turn++) {
      let isAsked = false;
      await this.until("a few turns to pass", () => {
        const wasAsked = isAsked;
        isAsked = true;
        return wasAsked;
      });
    }
  }

  /** Lets the time pass after which an answer is late, as the wire has it. */
  async lateness(): Promise<void> {
    await this.turns(400);
    const { latenessMs } = this.#wire;
    if (latenessMs === undefined) return;
    let isLate = false;
    using _timer = systemRuntime().clock.after(latenessMs, () => {
      isLate = true;
    });
    await this.until("an answer to be late", () => isLate);
  }

  /** Waits for a promise while the world runs; rejects as it does. */
  settled<T>(what: string, promise: Promise<T>): Promise<T> {
    return this.awaiting(what, promise)();
  }

  /** The same in two steps, for what is to be waited for later; a rejection meanwhile is kept. */
  awaiting<T>(what: string, promise: Promise<T>): () => Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    return async () => {
      await this.until(what, () => isSettled);
      return promise;
    };
  }

  /** Waits until both ends were told the end. */
  async bothLost({ near, far }: Ends): Promise<void> {
    await this.until("the near end to be told the end", () => near.isLost);
    await this.until("the far end to be told the end", () => far.isLost);
  }

  /** Lets go of `resource` when the case is over. */
  enter<T extends AsyncDisposable>(resource: T): T {
    this.#open.push(resource);
    return resource;
  }

  giveUp(): void {
    this.#gaveUp.abort(new Error("the case was given up"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.giveUp();
    for (const end of this.#ends) end.letGo();
    for (const open of this.#open.reverse()) await open[Symbol.asyncDispose]();
  }
}

/** Lets `rounds` microtasks run one behind the other: not a later turn. */
export async function microtasks(rounds = 32): Promise<void> {
  for (let round = 0; round < rounds; round++) await Promise.resolve();
}
