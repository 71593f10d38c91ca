import type { Reporter } from "./reporter.ts";
import { counted, roughly } from "./wording.ts";

/** What is counted at one moment. */
export interface Traffic {
  readonly connections: number;
  /** Since the start; they never shrink. */
  readonly bytesOut: number;
  readonly bytesBack: number;
}

const EVERY_MS = 500;

/** A line on the terminal that is written over twice a second, until it is disposed. */
export function showProgress(reporter: Reporter, look: () => Traffic): Disposable {
  if (process.stderr.isTTY !== true || reporter.isJson) {
    reporter.warn("--progress needs a terminal on stderr, so nothing will be shown");
    return { [Symbol.dispose]: () => {} };
  }
  let before = look();
  const timer = setInterval(() => {
    const now = look();
    const out = roughly(((now.bytesOut - before.bytesOut) * 1000) / EVERY_MS);
    const back = roughly(((now.bytesBack - before.bytesBack) * 1000) / EVERY_MS);
    before = now;
    reporter.status(`${counted(now.connections, "connection")}   → ${out}/s   ← ${back}/s`);
  }, EVERY_MS);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      reporter.status("");
    },
  };
}
