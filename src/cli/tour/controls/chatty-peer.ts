import { connect } from "node:net";
import type { Got } from "./late-reply.ts";
import type { SocketPlace } from "./socket-place.ts";

const REST_MS = 2;
const TALK_EVERY_MS = 5;

/** A client of plain sockets that reads slowly and never stops talking, until the other end. */
export function readAndChat(at: SocketPlace): Promise<Got> {
  return new Promise((resolve) => {
    const socket = connect(at);
    let bytes = 0;
    let error: string | undefined;
    const talk = setInterval(() => void socket.write("x"), TALK_EVERY_MS);
    socket.on("data", (data) => {
      bytes += data.length;
      socket.pause();
      setTimeout(() => socket.resume(), REST_MS);
    });
    socket.on("end", () => clearInterval(talk));
    socket.on("error", (fault: NodeJS.ErrnoException) => (error = fault.code ?? fault.message));
    socket.on("close", () => {
      clearInterval(talk);
      resolve({ bytes, ...(error !== undefined && { error }) });
    });
  });
}
