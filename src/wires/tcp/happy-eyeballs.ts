import type { Clock } from "../../contract/index.ts";

/** A race of attempts to reach the same server by several addresses. */
export interface Race<Candidate, Result> {
  /** In the order of trying; not empty. */
  readonly candidates: readonly Candidate[];
  /** How long an attempt stays alone before the next one starts too. */
  readonly attemptDelayMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Must settle soon after its signal aborts, and leave nothing then. */
  readonly attempt: (candidate: Candidate, signal: AbortSignal) => Promise<Result>;
  /** Lets go of a success that came too late. */
  readonly discard: (result: Result) => void;
}

/**
 * Tries the candidates one after the other, each next one when the one before has failed or the
 * delay has passed; the first success wins, the others are cancelled (RFC 8305 section 5).
 *
 * @throws the error of the last attempt to fail, when all have.
 * @throws the signal's reason, once every running attempt has settled.
 */
export function race<Candidate, Result>(options: Race<Candidate, Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const { attempt, candidates, clock, discard, signal } = options;
    const others = new AbortController();
    let startedCount = 0;
    let runningCount = 0;
    let timer: Disposable | null = null;
    let isDecided = false;

    const startNext = (): void => {
      timer?.[Symbol.dispose]();
      timer = null;
      const index = startedCount;
      if (isDecided || index >= candidates.length) return;
      startedCount++;
      runningCount++;
      attempt(candidates[index] as Candidate, others.signal).then(won, lost);
      if (startedCount < candidates.length) timer = clock.after(options.attemptDelayMs, startNext);
    };
    const decide = (): void => {
      isDecided = true;
      timer?.[Symbol.dispose]();
      signal.removeEventListener("abort", stop);
    };
    const stop = (): void => {
      decide();
      others.abort(signal.reason);
      if (runningCount === 0) reject(signal.reason);
    };
    const won = (result: Result): void => {
      runningCount--;
      if (isDecided) {
        discard(result);
        if (signal.aborted && runningCount === 0) reject(signal.reason);
        return;
      }
      decide();
      resolve(result);
      others.abort(new Error("another attempt succeeded"));
    };
    const lost = (error: unknown): void => {
      runningCount--;
      if (isDecided) {
        if (signal.aborted && runningCount === 0) reject(signal.reason);
      } else if (startedCount < candidates.length) {
        startNext();
      } else if (runningCount === 0) {
        decide();
        reject(error);
      }
    };

    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    else startNext();
  });
}

/** The hosts with their families taking turns, the first one's first (RFC 8305 section 4). */
export function interleave<Host extends { readonly family: 4 | 6 }>(
  hosts: readonly Host[],
): readonly Host[] {
  const first = hosts.filter(({ family }) => family === hosts[0]?.family);
  const second = hosts.filter(({ family }) => family !== hosts[0]?.family);
  const mixed: Host[] = [];
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    mixed.push(...first.slice(index, index + 1), ...second.slice(index, index + 1));
  }
  return mixed;
}
