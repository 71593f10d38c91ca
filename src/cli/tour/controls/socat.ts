import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { SocketPlace } from "./socket-place.ts";

const PATIENCE_MS = 3000;

/**
 * `socat` as a relay, with its defaults; `null` when it is not there or does not begin to listen.
 *
 * @param started is given the child, for whoever has to end it.
 */
export function relayBySocat(
  onto: SocketPlace,
  started: (child: ChildProcess) => void,
): Promise<SocketPlace | null> {
  if (!("port" in onto)) return Promise.resolve(null);
  const from = "TCP-LISTEN:0,fork,bind=127.0.0.1";
  const child = spawn("socat", ["-d", "-d", from, `TCP:${onto.host}:${onto.port}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  started(child);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    const settle = (place: SocketPlace | null): void => {
      clearTimeout(timer);
      resolve(place);
    };
    let told = "";
    child.once("error", () => settle(null));
    child.once("exit", () => settle(null));
    child.stderr.on("data", (data: Buffer) => {
      told += data.toString();
      const port = /listening on \S+ 127\.0\.0\.1:(\d+)/.exec(told)?.[1];
      if (port !== undefined) settle({ host: "127.0.0.1", port: Number(port) });
    });
  });
}
