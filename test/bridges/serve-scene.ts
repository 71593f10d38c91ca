import type { Connection, Handler, ServeOptions } from "../../src/bridges/index.ts";
import { connect, serve } from "../../src/bridges/index.ts";
import type { ErrorContext } from "../../src/contract/index.ts";
import { lines } from "../../src/framing/index.ts";
import type { MemoryTransport } from "../../src/memory/index.ts";
import { memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import type { Pair } from "./pair.ts";
import { stepping } from "./pair.ts";

export interface Scene extends Pick<Pair, "runtime" | "until" | "settle"> {
  readonly endpoint: ReturnType<ReturnType<typeof memoryNetwork>["endpoint"]>;
  /** What went to `onError`. */
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[];
  readonly serving: (
    handler: Handler<MemoryTransport>,
    options?: ServeOptions,
  ) => ReturnType<typeof serve>;
  readonly connecting: () => Promise<Connection<MemoryTransport>>;
}

export function scene(): Scene {
  const runtime = new VirtualRuntime();
  const endpoint = memoryNetwork({ runtime }).endpoint("here");
  const errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  const steps = stepping(runtime);
  const onError = (error: unknown, context: ErrorContext): void =>
    void errors.push({ error, context });
  return {
    ...steps,
    endpoint,
    errors,
    serving: (handler, options) =>
      steps.until(serve(endpoint, handler, { runtime, onError, ...options })),
    connecting: () => steps.until(connect(endpoint, { runtime })),
  };
}

export async function echoLines(peer: Connection): Promise<void> {
  for await (const line of lines(peer)) await peer.send(`${line}\n`);
}

export async function echo(peer: Connection): Promise<void> {
  for await (const chunk of peer) await peer.send(chunk);
}
