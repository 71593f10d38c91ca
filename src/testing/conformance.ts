import type { Capability } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { cases } from "./cases/index.ts";
import { ConformanceFailure, describe } from "./check.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Orientation } from "./stage.ts";
import { Stage } from "./stage.ts";
import type { WireUnderTest } from "./wire-under-test.ts";

/** A case made ready for one wire, in one orientation. */
export interface RunnableCase {
  /** `tcp: close.flushes (left→right)`. */
  readonly name: string;
  readonly case: ConformanceCase;
  /** Why it is not run: a capability that the wire does not declare. */
  readonly skip?: string;
  /** Why it is expected to fail: `run` then resolves when it does, and fails when it does not. */
  readonly gap?: string;
  /** @throws {ConformanceFailure} when the wire breaks the clause, or a gap has healed. */
  run(): Promise<void>;
}

export interface ConformanceOptions {
  /** After how long, in real time, a case is given up and fails. Default 20 000. */
  readonly watchdogMs?: number;
  /** Default: all of them. */
  readonly cases?: readonly ConformanceCase[];
}

/** Every case for `wire`, in both orientations, each on connections of its own. */
export function conformance(
  wire: WireUnderTest,
  options: ConformanceOptions = {},
): readonly RunnableCase[] {
  const runnable: RunnableCase[] = [];
  for (const one of options.cases ?? cases) {
    if (one.byEndpoint === true) {
      runnable.push(prepare(wire, one, "left→right", `${wire.name}: ${one.id}`, options));
      continue;
    }
    for (const orientation of ORIENTATIONS) {
      const name = `${wire.name}: ${one.id} (${orientation})`;
      runnable.push(prepare(wire, one, orientation, name, options));
    }
  }
  return runnable;
}

const ORIENTATIONS: readonly Orientation[] = ["left→right", "right→left"];

function prepare(
  wire: WireUnderTest,
  one: ConformanceCase,
  orientation: Orientation,
  name: string,
  { watchdogMs = WATCHDOG_MS }: ConformanceOptions,
): RunnableCase {
  const gap = wire.knownGaps?.[one.id];
  const lacking = one.needs.filter((need: Capability) => !wire.capabilities.has(need));
  const run = (): Promise<void> => runCase(wire, one, orientation, watchdogMs);
  return {
    name,
    case: one,
    ...(lacking.length > 0 ? { skip: `the wire has no ${lacking.join(", ")}` } : {}),
    ...(gap === undefined ? {} : { gap }),
    run: gap === undefined ? run : () => expectGap(one, gap, run),
  };
}

async function expectGap(
  one: ConformanceCase,
  gap: string,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new ConformanceFailure(`the known gap has healed: take it off the list (${gap})`, one);
}

async function runCase(
  wire: WireUnderTest,
  one: ConformanceCase,
  orientation: Orientation,
  watchdogMs: number,
): Promise<void> {
  const stage = new Stage(wire, orientation);
  const watchdog = new Watchdog(stage, watchdogMs);
  const failure = await failureOf(async () => {
    await Promise.race([one.run(stage), watchdog.barked]);
    checkOnce(stage);
  });
  watchdog.stop();
  const leaving = await failureOf(() => stage[Symbol.asyncDispose]());
  // What goes wrong while letting go must not hide what went wrong before.
  const thrown = failure ?? leaving;
  if (thrown === null) return;
  const { error } = thrown;
  const detail =
    error instanceof ConformanceFailure ? error.detail : `the wire threw: ${describe(error)}`;
  throw new ConformanceFailure(detail, one, error);
}

async function failureOf(action: () => Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await action();
    return null;
  } catch (error) {
    return { error };
  }
}

/** Rejects when a case takes too long, and takes its connections away from it. */
class Watchdog {
  readonly barked: Promise<never>;
  #timer: Disposable | null = null;

  constructor(stage: Stage, watchdogMs: number) {
    this.barked = new Promise((_, reject) => {
      this.#timer = systemRuntime().clock.after(watchdogMs, () => {
        reject(new ConformanceFailure(`waited ${watchdogMs} ms for ${stage.waitingFor}`));
        stage.giveUp();
      });
    });
    this.barked.catch(() => {});
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }
}

/** Whatever a case is about, no protocol is told the end twice, or anything after it. */
function checkOnce(stage: Stage): void {
  for (const { calls } of stage.ends) {
    const end = calls.indexOf("lost");
    if (end === -1 || end === calls.length - 1) continue;
    throw new ConformanceFailure(
      `connectionLost is not the last call: ${calls.slice(-4).join(", ")}`,
    );
  }
}

const WATCHDOG_MS = 20_000;
