import type { Source } from "./source.ts";

/**
 * Splits a command line into its words as a shell does, quotes and backslashes included. There is
 * no shell: what only one could do is refused where it is not quoted.
 */
export function readCommandLine(source: Source, start: number): readonly string[] {
  const { text } = source;
  const words: string[] = [];
  let word: string | null = null;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'") {
      const close = closing(source, at);
      word = (word ?? "") + text.slice(at + 1, close);
      at = close;
    } else if (character === '"') {
      const close = closing(source, at);
      word = (word ?? "") + text.slice(at + 1, close).replace(/\\([\\"$`])/g, "$1");
      at = close;
    } else if (character === "\\") {
      if (at + 1 === text.length) source.fail(at, 'expected a character behind "\\"');
      at++;
      word = (word ?? "") + text.charAt(at);
    } else if ("|&;<>()$`".includes(character)) {
      source.fail(at, `there is no shell here; quote the ${character}, or write sh -c '…'`);
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== null) words.push(word);
  if (words.length === 0 || words[0] === "") {
    source.fail(start, "expected a command, as in process:sort -u");
  }
  return words;
}

/** Where the quote that opens at `from` closes. */
function closing(source: Source, from: number): number {
  const { text } = source;
  const quote = text.charAt(from);
  for (let at = from + 1; at < text.length; at++) {
    if (text.charAt(at) === quote) return at;
    if (quote === '"' && text.charAt(at) === "\\") at++;
  }
  return source.fail(from, `this ${quote} is never closed`);
}
