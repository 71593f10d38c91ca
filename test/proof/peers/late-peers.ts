import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { Bytes, CloseReason, Protocol, Transport } from "../../../src/contract/index.ts";
import { isHalfCloseable } from "../../../src/contract/index.ts";
import { pattern } from "../../../src/testing/pattern.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { listen } from "../../interop/socket-address.ts";
import type { PeerTls } from "../system/peer.ts";

export const QUESTION: Uint8Array = new TextEncoder().encode("hello");
export const ANSWER: Uint8Array = pattern(1_000_000);

/** Keeps what comes. */
class Taker {
  readonly got: Bytes[] = [];
  readonly lost: Promise<CloseReason>;
  transport: Transport | undefined;
  #lost: (reason: CloseReason) => void = () => {};

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#lost = resolve;
    });
  }

  dataReceived(data: Bytes): void {
    this.got.push(data);
  }

  connectionLost(reason: CloseReason): void {
    this.#lost(reason);
  }
}

/** Asks, ends its side at once, and takes what comes until the other end. */
export class Asker extends Taker implements Protocol {
  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.write(QUESTION);
    if (isHalfCloseable(transport)) transport.loseWriteConnection();
  }

  readConnectionLost(): void {
    this.transport?.loseConnection();
  }
}

/** Answers long after the other side has ended. */
export class LateAnswerer extends Taker implements Protocol {
  readonly #delayMs: number;

  constructor(delayMs: number) {
    super();
    this.#delayMs = delayMs;
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  readConnectionLost(): void {
    setTimeout(() => {
      this.transport?.write(ANSWER);
      this.transport?.loseConnection();
    }, this.#delayMs);
  }
}

/** The server, of plain sockets. */
export async function answerLate(
  at: SocketAddress,
  delayMs: number,
  tls?: PeerTls,
): Promise<AsyncDisposable & { readonly at: SocketAddress }> {
  const sockets: Socket[] = [];
  const serve = (socket: Socket): void => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("end", () => setTimeout(() => socket.end(ANSWER), delayMs));
    socket.resume();
  };
  const given = { allowHalfOpen: true };
  const server =
    tls === undefined ? createServer(given, serve) : createTlsServer({ ...given, ...tls }, serve);
  return {
    at: await listen(server, at),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The client, of plain sockets: what it got before the end. */
export async function ask(at: SocketAddress, tls?: PeerTls): Promise<Buffer> {
  const given = { ...at, allowHalfOpen: true };
  const socket = tls === undefined ? connect(given) : connectTls({ ...given, ...tls });
  socket.end(QUESTION);
  const got: Buffer[] = [];
  for await (const chunk of socket) got.push(chunk as Buffer);
  return Buffer.concat(got);
}
