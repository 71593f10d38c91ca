import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { fromNodeDuplex } from "../../../bridges/node-streams.ts";
import { Member } from "./member.ts";

/** A program: a member on `process.stdin` and `process.stdout`, as any program has them. */
export const NODE_MEMBER: string = fileURLToPath(import.meta.url);

if (process.argv[1] === NODE_MEMBER) {
  const streams = Duplex.from({ readable: process.stdin, writable: process.stdout });
  await fromNodeDuplex(streams).connect(new Member(process.argv[3] ?? ""));
}
