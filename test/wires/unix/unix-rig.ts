import assert from "node:assert/strict";
import { once } from "node:events";
import { linkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectError, UnixTransport } from "../../../src/contract/index.ts";
import { unix } from "../../../src/wires/unix/index.ts";
import type { Pair } from "../recording-protocol.ts";
import { HalfCloseAware, pairOver, RecordingProtocol } from "../recording-protocol.ts";

export const plain = (): RecordingProtocol<UnixTransport> => new RecordingProtocol();
export const aware = (): HalfCloseAware<UnixTransport> => new HalfCloseAware();
export const onlyLinux: { readonly skip: string | false } = {
  skip: process.platform !== "linux" && "Linux only",
};

export interface Folder extends AsyncDisposable {
  readonly path: string;
  at(name: string): string;
}

export async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "overwall-"));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

export function pair<P extends RecordingProtocol<UnixTransport>>(
  path: string,
  make: () => P,
): Promise<Pair<P, UnixTransport>> {
  return pairOver(unix({ path }), () => unix({ path }), make);
}

/** Leaves at `path` a socket that nobody listens on. */
export async function deadSocket(path: string): Promise<void> {
  const server = createServer().listen({ path: `${path}.live` });
  await once(server, "listening");
  linkSync(`${path}.live`, path);
  server.close();
  await once(server, "close");
}

export async function failure(connecting: Promise<unknown>): Promise<ConnectError> {
  return connecting.then(
    () => assert.fail("it connected"),
    (error: unknown) => error as ConnectError,
  );
}
