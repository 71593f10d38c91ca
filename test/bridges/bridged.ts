import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../../src/bridges/index.ts";
import type { Endpoint, ListeningPort } from "../../src/contract/index.ts";
import { selfSigned, tls } from "../../src/layers/tls/index.ts";
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

export interface Place extends AsyncDisposable {
  readonly server: Endpoint;
  readonly leadingTo: (port: ListeningPort) => Endpoint;
}

/** Each kind of wire there is, and how to make a place of it. */
export const places: readonly { readonly name: string; readonly make: () => Place }[] = [
  {
    name: "memory",
    make: () => {
      const here = memoryNetwork().endpoint("here");
      return { server: here, leadingTo: () => here, ...nothingLeft };
    },
  },
  {
    name: "tcp",
    make: () => ({
      server: tcp({ port: 0 }) as unknown as Endpoint,
      leadingTo: (port) =>
        tcp({ port: (port.getHost() as { readonly port: number }).port }) as unknown as Endpoint,
      ...nothingLeft,
    }),
  },
  {
    name: "unix",
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), "overwall-bridges-"));
      const here = unix({ path: join(folder, "here.sock") }) as unknown as Endpoint;
      return {
        server: here,
        leadingTo: () => here,
        [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
  {
    name: "tls+tcp",
    make: () => ({
      server: tls(tcp({ port: 0 }), { cert, key }) as unknown as Endpoint,
      leadingTo: (port) => {
        const lower = tcp({ port: (port.getHost() as { readonly port: number }).port });
        return tls(lower, { ca: cert }) as unknown as Endpoint;
      },
      ...nothingLeft,
    }),
  },
];

const { cert, key } = await selfSigned({ names: ["127.0.0.1"] });

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
