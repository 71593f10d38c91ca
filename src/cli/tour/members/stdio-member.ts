import { fileURLToPath } from "node:url";
import { stdio } from "../../../wires/stdio/index.ts";
import { Member } from "./member.ts";

/** A program: a member whose wire is our `stdio()`. Its second argument is whom it listens to. */
export const STDIO_MEMBER: string = fileURLToPath(import.meta.url);

if (process.argv[1] === STDIO_MEMBER) {
  await stdio({ closeOutput: true }).connect(new Member(process.argv[3] ?? ""));
}
