import type { Bytes, Protocol } from "../../src/contract/index.ts";
import type { Loopback, LoopbackOptions } from "../../src/memory/index.ts";
import { AccumulatingProtocol, loopback, VirtualRuntime } from "../../src/memory/index.ts";
import { decode } from "./bytes.ts";

/** Knows of half-closing, and remembers the order of what it was told. */
export class HalfCloser extends AccumulatingProtocol {
  readonly told: string[] = [];
  readConnectionLost(): void {
    this.told.push("read ended");
  }
  writeConnectionLost(): void {
    this.told.push("write ended");
  }
  override dataReceived(data: Bytes): void {
    this.told.push(`data ${decode(data)}`);
    super.dataReceived(data);
  }
}

export interface Joined<L extends Protocol, R extends Protocol> extends Loopback {
  readonly runtime: VirtualRuntime;
  readonly client: L;
  readonly server: R;
}

export function join<L extends Protocol, R extends Protocol>(
  client: L,
  server: R,
  options: LoopbackOptions = {},
): Joined<L, R> {
  const runtime = new VirtualRuntime();
  return { ...loopback(client, server, { runtime, ...options }), runtime, client, server };
}

export const joinTwo = (
  options?: LoopbackOptions,
): Joined<AccumulatingProtocol, AccumulatingProtocol> =>
  join(new AccumulatingProtocol(), new AccumulatingProtocol(), options);

export const joinHalfClosers = (options?: LoopbackOptions): Joined<HalfCloser, HalfCloser> =>
  join(new HalfCloser(), new HalfCloser(), options);
