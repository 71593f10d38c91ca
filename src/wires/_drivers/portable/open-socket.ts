import type { Socket } from "node:net";

/**
 * The attempt of a socket that was just asked to connect: resolves to it connected and paused, with
 * nothing read.
 *
 * @throws the system's error; the signal's reason, and nothing is left then.
 */
export function openSocket(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.allowHalfOpen = true;
    socket.pause();
    const cancel = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    // Stays until the wire listens too: an error that nobody listens to would end the process.
    socket.on("error", (error) => {
      signal.removeEventListener("abort", cancel);
      reject(error);
    });
    if (signal.aborted) {
      cancel();
      return;
    }
    signal.addEventListener("abort", cancel, { once: true });
    socket.once("connect", () => {
      signal.removeEventListener("abort", cancel);
      resolve(socket);
    });
  });
}
