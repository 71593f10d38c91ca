import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { CliRun } from "./run-cli.ts";

/** The command, listening: its run and the address it told. */
export async function listening(
  ...args: string[]
): Promise<{ readonly run: CliRun; readonly url: string }> {
  const run = new CliRun(args);
  const [, url] = await run.saw(/listening on (\S+),/);
  return { run, url: url ?? assert.fail("no address told") };
}

/** An independent client, which ends its side only when it is told to. */
export function nodeClient(url: string): Socket {
  if (url.startsWith("unix:")) {
    return connect({ path: url.replace(/^unix:(?:\/\/)?/, ""), allowHalfOpen: true });
  }
  const { hostname, port } = new URL(url.replace("tcp:", "http:"));
  return connect({ host: hostname, port: Number(port), allowHalfOpen: true });
}

/** The first line that `socket` gives. */
export async function firstLine(socket: Socket): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    socket.once("error", reject);
    socket.once("end", () => reject(new Error(`ended after ${JSON.stringify(text)}`)));
  });
}
