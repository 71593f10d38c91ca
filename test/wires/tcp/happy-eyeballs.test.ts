import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../../src/contract/index.ts";
import { interleave, race } from "../../../src/wires/tcp/happy-eyeballs.ts";

describe("interleave", () => {
  it("lets the families take turns, beginning with the first one's", () => {
    const hosts = [6, 6, 6, 4, 4].map((family, index) => ({ family: family as 4 | 6, index }));
    assert.deepEqual(
      interleave(hosts).map(({ index }) => index),
      [0, 3, 1, 4, 2],
    );
  });

  it("keeps one family as it is, and nothing as nothing", () => {
    const hosts = [1, 2, 3].map((index) => ({ family: 4 as const, index }));
    assert.deepEqual(interleave(hosts), hosts);
    assert.deepEqual(interleave([]), []);
  });
});

describe("race", () => {
  it("starts the next attempt when the delay has passed, and not before", async () => {
    const at = new Track(["a", "b", "c"]);
    assert.deepEqual(at.started, ["a"]);
    at.clock.advance(249);
    assert.deepEqual(at.started, ["a"]);
    at.clock.advance(1);
    assert.deepEqual(at.started, ["a", "b"]);
    at.clock.advance(250);
    assert.deepEqual(at.started, ["a", "b", "c"]);
    at.succeed("b");
    assert.equal(await at.result, "b");
    assert.deepEqual(at.cancelled, ["a", "c"]);
    assert.equal(at.clock.waiting, 0);
  });

  it("starts the next attempt at once when one fails, with a full delay of its own", async () => {
    const at = new Track(["a", "b", "c"]);
    at.clock.advance(200);
    await at.fail("a");
    assert.deepEqual(at.started, ["a", "b"]);
    at.clock.advance(249);
    assert.deepEqual(at.started, ["a", "b"]);
    at.succeed("b");
    assert.equal(await at.result, "b");
    assert.equal(at.clock.waiting, 0);
  });

  it("lets an early attempt win after a later one has started", async () => {
    const at = new Track(["a", "b"]);
    at.clock.advance(250);
    at.succeed("a");
    assert.equal(await at.result, "a");
    assert.deepEqual(at.cancelled, ["b"]);
  });

  it("lets go of a success that came too late", async () => {
    const at = new Track(["a", "b"], { isDeaf: true });
    at.clock.advance(250);
    at.succeed("a");
    at.succeed("b");
    assert.equal(await at.result, "a");
    assert.deepEqual(at.discarded, ["b"]);
  });

  it("fails when all have, without a timer left", async () => {
    const at = new Track(["a", "b"]);
    await at.fail("a");
    await at.fail("b");
    await assert.rejects(at.result, /b failed/);
    assert.equal(at.clock.waiting, 0);
  });

  it("cancels what runs and starts nothing more when its signal aborts", async () => {
    const at = new Track(["a", "b", "c"]);
    at.clock.advance(250);
    at.stop.abort(new Error("stopped"));
    await assert.rejects(at.result, /stopped/);
    assert.deepEqual(at.cancelled, ["a", "b"]);
    assert.deepEqual(at.started, ["a", "b"]);
    assert.equal(at.clock.waiting, 0);
  });

  it("tries nothing when its signal has aborted before", async () => {
    const at = new Track(["a"], { isStopped: true });
    await assert.rejects(at.result, /stopped/);
    assert.deepEqual(at.started, []);
  });
});

/** A race over named candidates whose ends the test decides. */
class Track {
  readonly clock = new HandClock();
  readonly stop = new AbortController();
  readonly started: string[] = [];
  readonly cancelled: string[] = [];
  readonly discarded: string[] = [];
  readonly result: Promise<string>;
  #succeeded: string | undefined;
  readonly #runs = new Map<string, { succeed(): void; fail(): void }>();

  constructor(candidates: string[], { isDeaf = false, isStopped = false } = {}) {
    if (isStopped) this.stop.abort(new Error("stopped"));
    this.result = race({
      candidates,
      attemptDelayMs: 250,
      clock: this.clock,
      signal: this.stop.signal,
      attempt: (name, signal) =>
        new Promise<string>((resolve, reject) => {
          this.started.push(name);
          this.#runs.set(name, {
            succeed: () => resolve(name),
            fail: () => reject(new Error(`${name} failed`)),
          });
          if (isDeaf) return;
          signal.addEventListener("abort", () => {
            if (this.#succeeded === name) return;
            this.cancelled.push(name);
            reject(signal.reason);
          });
        }),
      discard: (name) => void this.discarded.push(name),
    });
    this.result.catch(() => undefined);
  }

  succeed(name: string): void {
    this.#succeeded ??= name;
    this.#runs.get(name)?.succeed();
  }

  /** Resolves when the race has taken notice. */
  async fail(name: string): Promise<void> {
    this.#runs.get(name)?.fail();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock that a test moves. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly dueMs: number; readonly task: () => void }>();

  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Disposable {
    const timer = { dueMs: this.#nowMs + delayMs, task };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const timer of [...this.#timers]) {
      if (timer.dueMs > this.#nowMs || !this.#timers.delete(timer)) continue;
      timer.task();
    }
  }
}
