import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../../src/bridges/index.ts";
import type { Endpoint, ListeningPort, Transport } from "../../src/contract/index.ts";
import { loopback, memoryNetwork } from "../../src/memory/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { unix } from "../../src/wires/unix/index.ts";

/** The two ends of one connection: ours is bridged by the test, the other one is looked at. */
export interface Ends {
  readonly near: Connection;
  readonly far: Connection;
}

/** Joined in memory, in real time. */
export function inMemory(): Ends {
  const [near, far] = [new Connection(), new Connection()];
  loopback(near, far, { onError: () => undefined });
  return { near, far };
}

export interface Place<T extends Transport = Transport> extends AsyncDisposable {
  readonly name: string;
  readonly server: Endpoint<T>;
  readonly leadingTo: (port: ListeningPort) => Endpoint<T>;
}

/** A place of each kind of wire there is. */
export const places: readonly (() => Place)[] = [
  () => {
    const here = memoryNetwork().endpoint("here");
    return { name: "memory", server: here, leadingTo: () => here, ...nothingLeft };
  },
  () => ({
    name: "tcp",
    server: tcp({ port: 0 }) as unknown as Endpoint,
    leadingTo: (port) =>
      tcp({ port: (port.getHost() as { readonly port: number }).port }) as unknown as Endpoint,
    ...nothingLeft,
  }),
  () => {
    const folder = mkdtempSync(join(tmpdir(), "overwall-bridges-"));
    const here = unix({ path: join(folder, "here.sock") }) as unknown as Endpoint;
    return {
      name: "unix",
      server: here,
      leadingTo: () => here,
      [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
    };
  },
];

const nothingLeft = { [Symbol.asyncDispose]: async (): Promise<void> => {} };

/** One connection over `place`. */
export async function over(place: Place): Promise<Ends> {
  const far = new Connection();
  const port = await place.server.listen(() => far);
  const arrived = new Promise<void>((resolve) => {
    const made = far.connectionMade.bind(far);
    far.connectionMade = (transport) => {
      made(transport);
      resolve();
    };
  });
  const near = await place.leadingTo(port).connect(new Connection());
  await arrived;
  await port.stopListening();
  return { near, far };
}

/** A turn of the loop: everything that is due has happened. */
export function turns(count = 20): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number): void => {
      if (left === 0) resolve();
      else setImmediate(() => next(left - 1));
    };
    next(count);
  });
}

/** All bytes that come, counted, until the end. */
export async function countAll(source: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const { byteLength } of source) count += byteLength;
  return count;
}
