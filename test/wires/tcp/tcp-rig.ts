import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type {
  ConnectError,
  Endpoint,
  ListeningPort,
  TcpAddress,
  TcpTransport,
} from "../../../src/contract/index.ts";
import type { TcpHost } from "../../../src/wires/tcp/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import type { Pair } from "../recording-protocol.ts";
import { HalfCloseAware, pairOver, RecordingProtocol } from "../recording-protocol.ts";

export function pair<P extends RecordingProtocol<TcpTransport>>(
  make: () => P,
): Promise<Pair<P, TcpTransport>> {
  return pairOver(tcp({ port: 0 }), there, make);
}

/** The endpoint that connects to `port`. */
export function there(port: ListeningPort): Endpoint<TcpTransport> {
  return tcp({ port: portOf(port) });
}

export function portOf(port: ListeningPort): number {
  return (port.getHost() as TcpAddress).port;
}

export const plain = (): RecordingProtocol<TcpTransport> => new RecordingProtocol();
export const aware = (): HalfCloseAware<TcpTransport> => new HalfCloseAware();

/** A plain Node client, its errors kept quiet. */
export async function nodeClient(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Resolves when the peer has ended or reset the connection; lets go of our end. */
export async function gone(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const ended = new Promise((resolve) => socket.once("end", resolve));
  socket.resume();
  await Promise.race([ended, closed]);
  socket.destroy();
  await closed;
}

/** A port that nobody listens on; kept bound by nothing, so a moment later somebody else may. */
export async function freePort(): Promise<number> {
  const port = await tcp({ port: 0 }).listen(() => null);
  await port.stopListening();
  return portOf(port);
}
/** ::1 first, then 127.0.0.1. */
export const both = async (): Promise<readonly TcpHost[]> => [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
];

export const nowhere = (): Promise<readonly TcpHost[]> =>
  Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }));

export async function failure(connecting: Promise<unknown>): Promise<ConnectError> {
  return connecting.then(
    () => assert.fail("it connected"),
    (error: unknown) => error as ConnectError,
  );
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
