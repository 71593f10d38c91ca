import type { Chance, ErrorContext, Protocol } from "../contract/index.ts";
import { seededChance } from "./chance.ts";
import type { Loopback, LoopbackOptions } from "./loopback.ts";
import { loopback } from "./loopback.ts";
import type { MemoryNetwork } from "./memory-network.ts";
import { memoryNetwork } from "./memory-network.ts";
import { Trace } from "./trace.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";
import type { Fault } from "./weather.ts";
import { Weather } from "./weather.ts";

export interface SimulateOptions {
  /** One run for each. */
  readonly seeds: Iterable<number>;
  /** What may happen at all. Default: every fault, those that break connections included. */
  readonly faults?: readonly Fault[];
  /** How many steps a run may take. Default 1 000 000. */
  readonly stepsMax?: number;
  /** The line that repeats the run of a seed. Default `SEED=… node --test`. */
  readonly repeat?: (seed: number) => string;
}

/** What a scenario is given: a world in which nothing happens by itself, and everything by seed. */
export interface World {
  readonly seed: number;
  readonly runtime: VirtualRuntime;
  /** For the scenario's own choices. */
  readonly chance: Chance;
  /** Endpoints under weather. */
  readonly network: MemoryNetwork;
  readonly weather: Weather;
  /** What has happened; a scenario may add to it. */
  readonly trace: Trace;
  /** Joins two protocols under weather. */
  loopback(left: Protocol, right: Protocol, options?: LoopbackOptions): Loopback;
  /** Resolves when `condition` holds, looked at after every step. */
  until(condition: () => boolean): Promise<void>;
  /** Calms the weather for good, and resolves when nothing is scheduled any more. */
  heal(): Promise<void>;
  /** @throws {Error} when something is: after `heal` that is a timer that someone keeps setting. */
  expectNothingScheduled(): void;
}

/** What came of one seed. */
export interface SimulatedRun {
  readonly seed: number;
  /** The same for the same scenario and seed. */
  readonly digest: string;
  /** The faults that were not switched off. */
  readonly faults: readonly Fault[];
  /** How many connections the weather broke. */
  readonly broken: number;
  readonly trace: Trace;
}

/** A run that failed; `cause` is what the scenario threw. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
  readonly seed: number;
  /** The line that repeats the run. */
  readonly repeat: string;
  readonly trace: Trace;

  constructor(world: Pick<World, "seed" | "trace">, repeat: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`Seed ${world.seed} failed: ${why}\n  to repeat: ${repeat}`, { cause });
    this.seed = world.seed;
    this.repeat = repeat;
    this.trace = world.trace;
  }
}

/**
 * Runs `scenario` once for every seed, one after the other, each in a world of its own.
 *
 * Time is virtual: while the scenario waits, the world is stepped, and it jumps when nothing is
 * due.
 * A run fails when the scenario throws, when it waits and nothing can happen any more, when it
 * takes
 * too many steps, or when an error had no other place than `onError`.
 * **Not promised:** anything for scenarios that wait for the real world: timers, files, sockets.
 *
 * @throws {SimulationFailure} for the first seed that fails; its message has the line that repeats
 *   it.
 *
 * @example an echo in bad weather
 * ```ts
 * await simulate({ seeds: seedsFrom(process.env.SEED) }, async (world) => {
 *   await world.network.endpoint("echo").listen(() => new Echo());
 *   const client = await world.network.endpoint("echo").connect(new Client());
 *   await world.heal();
 *   world.expectNothingScheduled();
 * });
 * ```
 */
export async function simulate(
  options: SimulateOptions,
  scenario: (world: World) => void | Promise<void>,
): Promise<readonly SimulatedRun[]> {
  const runs: SimulatedRun[] = [];
  for (const seed of options.seeds) {
    const world = new SimulatedWorld(seed, options);
    try {
      await world.live(scenario);
    } catch (error) {
      const repeat = options.repeat?.(seed) ?? `SEED=${seed} node --test`;
      throw new SimulationFailure(world, repeat, error);
    }
    const { trace, weather } = world;
    const { digest } = trace;
    runs.push({ seed, digest, faults: weather.faults, broken: weather.broken, trace });
  }
  return runs;
}

export interface SeedsOptions {
  /** Where the range begins. Default 1. */
  readonly first?: number;
  /** How many. Default 100. */
  readonly count?: number;
}

/**
 * The seeds that `given` lists, separated by commas; without it, a range.
 *
 * @throws {RangeError} when `given` is not a list of integers.
 */
export function seedsFrom(given: string | undefined, options: SeedsOptions = {}): number[] {
  if (given === undefined || given === "") {
    const { first = 1, count = 100 } = options;
    return Array.from({ length: count }, (_, index) => first + index);
  }
  return given.split(",").map((text) => {
    const seed = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isSafeInteger(seed)) return seed;
    throw new RangeError(`Cannot read the seeds: ${JSON.stringify(text)} is not an integer`);
  });
}

class SimulatedWorld implements World {
  readonly seed: number;
  readonly runtime: VirtualRuntime;
  readonly chance: Chance;
  readonly network: MemoryNetwork;
  readonly weather: Weather;
  readonly trace: Trace = new Trace();
  readonly #stepsMax: number | undefined;
  readonly #homeless: Error[] = [];
  #settled: { readonly error?: unknown } | null = null;
  #healed: (() => void)[] = [];
  #awaited: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];

  constructor(seed: number, { faults, stepsMax }: SimulateOptions) {
    const luck = seededChance(seed);
    // One source each, so that a scenario that draws once more does not change the weather.
    const branch = (): Chance => seededChance(luck.below(2 ** 32));
    this.seed = seed;
    this.chance = branch();
    this.runtime = new VirtualRuntime({ chance: branch() });
    this.#stepsMax = stepsMax;
    this.weather = new Weather({
      runtime: this.runtime,
      chance: branch(),
      trace: this.trace,
      ...(faults === undefined ? {} : { faults }),
    });
    this.network = memoryNetwork({
      runtime: this.runtime,
      join: this.weather.join,
      onError: this.#onError,
    });
    this.trace.add(`seed ${seed}: ${this.weather.faults.join(" ") || "fair"}`);
  }

  loopback(left: Protocol, right: Protocol, options: LoopbackOptions = {}): Loopback {
    const { runtime, weather } = this;
    return loopback(left, right, {
      onError: this.#onError,
      ...options,
      runtime,
      join: weather.join,
    });
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => this.#awaited.push({ condition, resolve }));
  }

  heal(): Promise<void> {
    this.trace.add(`${this.runtime.clock.now().toFixed(3)} heal`);
    this.weather.calm();
    return new Promise((resolve) => this.#healed.push(resolve));
  }

  expectNothingScheduled(): void {
    const { scheduled } = this.runtime;
    if (scheduled > 0)
      throw new Error(`Expected nothing to be scheduled, but ${scheduled} tasks are`);
  }

  /** Runs the scenario, stepping whenever it waits. */
  async live(scenario: (world: World) => void | Promise<void>): Promise<void> {
    const options = this.#stepsMax === undefined ? {} : { stepsMax: this.#stepsMax };
    void this.#perform(scenario);
    const isDue = (): boolean => {
      this.#tellAwaited();
      return this.#settled !== null || this.#healed.length > 0;
    };
    while (this.#settled === null) {
      await this.runtime.run(isDue, options);
      if (this.#settled !== null) break;
      await this.runtime.run(undefined, options);
      for (const healed of this.#healed.splice(0)) healed();
    }
    if ("error" in this.#settled) throw this.#settled.error;
    if (this.#homeless[0] !== undefined) throw this.#homeless[0];
  }

  async #perform(scenario: (world: World) => void | Promise<void>): Promise<void> {
    try {
      await scenario(this);
      this.#settled = {};
    } catch (error) {
      this.#settled = { error };
    }
  }

  #tellAwaited(): void {
    if (this.#awaited.length === 0) return;
    const awaited = this.#awaited;
    this.#awaited = [];
    for (const one of awaited) {
      if (one.condition()) one.resolve();
      else this.#awaited.push(one);
    }
  }

  readonly #onError = (error: unknown, { during }: ErrorContext): void => {
    this.#homeless.push(new Error(`an error had no other place (${during})`, { cause: error }));
  };
}
