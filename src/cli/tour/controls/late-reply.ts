import { connect, createServer } from "node:net";
import type { SocketPlace } from "./socket-place.ts";
import { ANY_PORT, bind } from "./socket-place.ts";

/** What a client had when it was over. */
export interface Got {
  readonly bytes: number;
  /** Of the client's socket; none: it saw a clean end. */
  readonly error?: string;
}

/** A server of plain sockets that answers `reply`, so long after its client has ended. */
export async function answerLate(
  reply: Uint8Array,
  afterMs: number,
): Promise<AsyncDisposable & { readonly at: SocketPlace }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("end", () => setTimeout(() => socket.end(reply), afterMs));
    socket.resume();
  });
  return {
    at: await bind(server, ANY_PORT),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client of plain sockets: says a word, ends, and counts what comes. */
export function askAndEnd(at: SocketPlace): Promise<Got> {
  return new Promise((resolve) => {
    const socket = connect({ ...at, allowHalfOpen: true });
    let bytes = 0;
    let error: string | undefined;
    socket.on("data", (data) => (bytes += data.length));
    socket.on("error", (fault: NodeJS.ErrnoException) => (error = fault.code ?? fault.message));
    socket.on("close", () => resolve({ bytes, ...(error !== undefined && { error }) }));
    socket.end("question\n");
  });
}
