import type { ConnectionOptions } from "../../src/bridges/index.ts";
import { Connection } from "../../src/bridges/index.ts";
import type { Bytes, Limits, Protocol } from "../../src/contract/index.ts";
import type { LoopbackOptions } from "../../src/memory/index.ts";
import { loopback, VirtualRuntime } from "../../src/memory/index.ts";

export function bytes(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export function text(data: Bytes | null): string | null {
  return data === null ? null : new TextDecoder().decode(data);
}

/** Whether an error has that code, whatever its class. */
export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown }).code === code;
}

export interface Pair {
  readonly runtime: VirtualRuntime;
  /** Ours, whose promises the test looks at. */
  readonly near: Connection;
  readonly far: Connection;
  /** Lets things happen until `work` settles; fails when nothing is left that could settle it. */
  readonly until: <V>(work: Promise<V>) => Promise<V>;
  /** Lets everything happen that is due now. */
  readonly settle: () => Promise<void>;
}

export interface PairOptions extends ConnectionOptions {
  readonly limits?: Partial<Limits>;
  readonly loopback?: LoopbackOptions;
  /** Of the other end. */
  readonly far?: ConnectionOptions;
}

/** Two connections, joined in memory, in time that stands still until it is let go on. */
export function pair(options: PairOptions = {}): Pair {
  const runtime = new VirtualRuntime();
  const near = new Connection({ ...options, runtime });
  const far = new Connection({ ...options.far, runtime });
  join(near, far, runtime, options);
  return { near, far, ...stepping(runtime) };
}

/** One connection, joined in memory to a protocol. */
export function connectionTo(far: Protocol, options: PairOptions = {}): Omit<Pair, "far"> {
  const runtime = new VirtualRuntime();
  const near = new Connection({ ...options, runtime });
  join(near, far, runtime, options);
  return { near, ...stepping(runtime) };
}

export function stepping(runtime: VirtualRuntime): Pick<Pair, "runtime" | "until" | "settle"> {
  return {
    runtime,
    async until(work) {
      let isSettled = false;
      const settled = (): void => {
        isSettled = true;
      };
      work.then(settled, settled);
      await runtime.run(() => isSettled);
      return work;
    },
    settle: () => runtime.runFor(0),
  };
}

/** Everything that `source` still gives. */
export async function readAll(source: AsyncIterable<Bytes>): Promise<string> {
  let all = "";
  for await (const chunk of source) all += text(chunk);
  return all;
}

function join(near: Protocol, far: Protocol, runtime: VirtualRuntime, options: PairOptions): void {
  const { limits, loopback: more } = options;
  loopback(near, far, { runtime, ...(limits === undefined ? {} : { limits }), ...more });
}
