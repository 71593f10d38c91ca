import assert from "node:assert/strict";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { socketClosed, socketOpened } from "../../../src/wires/_drivers/young-collection.ts";

/** An entry of the kind `gc`. */
interface Collection {
  readonly detail: { readonly flags: number; readonly kind: number };
}

/** How many collections of what is young were asked for while `work` ran. */
async function askedFor(work: () => void): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { flags, kind } = (entry as unknown as Collection).detail;
      const isAsked = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR && isAsked) count += 1;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  work();
  // Entries are told of in a turn of their own.
  for (let turns = 0; turns < 10; turns++) await turn();
  observer.disconnect();
  return count;
}

function times(count: number, ...calls: readonly (() => void)[]): () => void {
  return () => {
    for (let index = 0; index < count; index++) for (const call of calls) call();
  };
}

describe("what is young, beside sockets", () => {
  it("is collected while their number grows, and not where as many go as come", async () => {
    assert.equal(await askedFor(times(1024, socketOpened)), 4, "1024 have come");
    assert.equal(await askedFor(times(5000, socketOpened, socketClosed)), 0, "as many went");
    assert.equal(await askedFor(times(1024, socketClosed)), 0, "all have gone");
    assert.equal(await askedFor(times(255, socketOpened)), 0, "a few have come again");
    assert.equal(await askedFor(socketOpened), 1, "and one more");
  });
});
