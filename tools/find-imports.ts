import type { SourceText, Token } from "./source-text.ts";
import { isMember } from "./source-text.ts";

/**
 * How a file depends on another: types vanish when compiled, a dynamic import waits until it is
 * run.
 */
export type ImportKind = "value" | "type" | "dynamic" | "url";

export interface Import {
  readonly kind: ImportKind;
  /** Null where it is computed, so that nobody can check it. */
  readonly specifier: string | null;
  readonly line: number;
}

/**
 * Every `import` and `export … from`, static, dynamic or of types, and every
 * `new URL("./x.js", import.meta.url)`, which is how a worker's file is named.
 */
export function findImports({ tokens }: SourceText): Import[] {
  const found: Import[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word" || isMember(tokens, index)) return;
    const line = token.line;
    if (token.text === "import") {
      const read = readImport(tokens, index);
      if (read !== undefined) found.push({ ...read, line });
    } else if (token.text === "export") {
      const read = readExport(tokens, index);
      if (read !== undefined) found.push({ ...read, line });
    } else if (token.text === "URL" && textAt(tokens, index + 4) === "import") {
      const specifier = tokens[index + 2];
      if (specifier?.kind === "string") {
        found.push({ kind: "url", specifier: specifier.text, line });
      }
    }
  });
  return found;
}

type Read = Omit<Import, "line"> | undefined;

function readImport(tokens: readonly Token[], index: number): Read {
  const next = tokens[index + 1];
  if (next === undefined) return undefined;
  if (next.kind === "string") return { kind: "value", specifier: next.text };
  if (next.text === "(") return readDynamic(tokens, index);
  if (next.kind !== "word" && next.text !== "{" && next.text !== "*") return undefined;
  return readFrom(tokens, index + 1);
}

function readDynamic(tokens: readonly Token[], index: number): Read {
  const argument = tokens[index + 2];
  const after = textAt(tokens, index + 3);
  const readable = argument?.kind === "string" && (after === ")" || after === ",");
  const kind = textAt(tokens, index - 1) === "typeof" ? "type" : "dynamic";
  return { kind, specifier: readable ? argument.text : null };
}

function readExport(tokens: readonly Token[], index: number): Read {
  const start = textAt(tokens, index + 1) === "type" ? index + 2 : index + 1;
  const opening = textAt(tokens, start);
  return opening === "{" || opening === "*" ? readFrom(tokens, index + 1) : undefined;
}

/** Reads on to `from "…"`, past names, braces and commas alone. */
function readFrom(tokens: readonly Token[], start: number): Read {
  const second = textAt(tokens, start + 1);
  const isType = textAt(tokens, start) === "type" && second !== "from" && second !== ",";
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token?.text === "from" && next?.kind === "string") {
      return { kind: isType ? "type" : "value", specifier: next.text };
    }
    const isName = token?.kind === "word" || token?.kind === "string";
    if (!isName && !["{", "}", ",", "*"].includes(token?.text ?? "")) return undefined;
  }
  return undefined;
}

function textAt(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index];
  return token?.kind === "string" ? undefined : token?.text;
}
