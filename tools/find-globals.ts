import type { SourceText, Token } from "./source-text.ts";
import { isMember } from "./source-text.ts";

export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

/**
 * Uses of names that nobody declared nearby. A member (`x.process`) and a key (`{ process: … }`,
 * `readonly process: …`) are no uses. A name with a dot (`Math.random`) is found as written.
 */
export function findGlobals({ tokens }: SourceText, names: ReadonlySet<string>): GlobalUse[] {
  const uses: GlobalUse[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word" || isMember(tokens, index)) return;
    const dotted = `${token.text}.${tokens[index + 2]?.text}`;
    const name =
      tokens[index + 1]?.text === "." && names.has(dotted)
        ? dotted
        : names.has(token.text) && !isKey(tokens, index)
          ? token.text
          : undefined;
    if (name !== undefined) uses.push({ name, line: token.line });
  });
  return uses;
}

function isKey(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? "";
  const after = tokens[index + 1]?.text ?? "";
  const optional = after === "?" && [":", "("].includes(tokens[index + 2]?.text ?? "");
  return ["{", ",", ";", "readonly", "("].includes(before) && (after === ":" || optional);
}
