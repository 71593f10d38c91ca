import type { ProtocolFactory } from "../../contract/index.ts";
import { Chargen } from "./chargen.ts";
import { Chat } from "./chat.ts";
import { Discard } from "./discard.ts";
import { Echo } from "./echo.ts";

/** The protocols that the command brings, each made anew for one run of it. */
export const NAMED_SERVICES: ReadonlyMap<string, () => ProtocolFactory> = new Map<
  string,
  () => ProtocolFactory
>([
  ["echo", () => () => new Echo()],
  ["discard", () => () => new Discard()],
  ["chargen", () => () => new Chargen()],
  ["chat", chatRoom],
]);

function chatRoom(): ProtocolFactory {
  const room = new Set<Chat>();
  let serial = 0;
  return ({ kind }) => {
    serial += 1;
    return new Chat(`${kind}-${serial}`, room);
  };
}
