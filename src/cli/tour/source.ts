import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The file of the class that the room is made of, as it runs. */
export interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

export function chatSource(): Source {
  const path = fileURLToPath(new URL("../services/chat.js", import.meta.url));
  const text = readFileSync(path, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  return { path, lines: text.trimEnd().split("\n") };
}
