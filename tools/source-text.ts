/**
 * Splits TypeScript into tokens and comments, well enough to find imports, names and comments
 * without
 * being fooled by strings, templates or regular expressions.
 */
export function readSource(text: string): SourceText {
  return new Scanner(text).scan();
}

export type TokenKind = "word" | "string" | "template" | "number" | "regex" | "mark";

export interface Token {
  readonly kind: TokenKind;
  /** The content without quotes for a string, the whole otherwise. */
  readonly text: string;
  readonly line: number;
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

export interface SourceText {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

/** Whether the token at `index` is the name of a member, as `now` is in `Date.now`. */
export function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return before?.kind === "mark" && (before.text === "." || before.text === "?.");
}

const WORD = /[\p{L}\p{Nl}_$#][\p{L}\p{Nl}\p{Mn}\p{Nd}_$]*/uy;
const NUMBER = /\d[\w.]*/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const SPACE = /\s+/y;
const MARK = /\+\+|--|\.\.\.|\?\.(?!\d)|=>|[\s\S]/y;

/** Words after which a slash begins a regular expression, though they look like values. */
const BEFORE_REGEX = new Set(
  "return typeof case in of delete void throw new else do instanceof yield await".split(" "),
);

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  /** For each open template substitution, how many braces are open inside it. */
  readonly #substitutions: number[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): SourceText {
    while (this.#at < this.#text.length) this.#next();
    return { tokens: this.#tokens, comments: this.#comments };
  }

  #next(): void {
    const text = this.#text;
    const start = text[this.#at];
    if (this.#match(SPACE) !== undefined) return;
    if (text.startsWith("//", this.#at) || (this.#at === 0 && text.startsWith("#!"))) {
      this.#comment(this.#until("\n"));
    } else if (text.startsWith("/*", this.#at)) {
      this.#comment(this.#until("*/", 2) + 2);
    } else if (start === '"' || start === "'") {
      this.#string(start);
    } else if (start === "`") {
      this.#template();
    } else if (!this.#token("number", NUMBER) && !this.#token("word", WORD)) {
      if (start === "/" && this.#regexMayStart() && this.#token("regex", REGEX)) return;
      this.#mark();
    }
  }

  /** Where `end` comes next, or the end of the text. */
  #until(end: string, skip = 0): number {
    const found = this.#text.indexOf(end, this.#at + skip);
    return found < 0 ? this.#text.length : found;
  }

  #advance(to: number): string {
    const passed = this.#text.slice(this.#at, to);
    this.#at = to;
    for (const character of passed) if (character === "\n") this.#line += 1;
    return passed;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#advance(this.#at + found.length);
    return found;
  }

  #token(kind: TokenKind, pattern: RegExp): boolean {
    const line = this.#line;
    const text = this.#match(pattern);
    if (text !== undefined) this.#tokens.push({ kind, text, line });
    return text !== undefined;
  }

  #comment(end: number): void {
    const line = this.#line;
    this.#comments.push({ text: this.#advance(Math.min(end, this.#text.length)), line });
  }

  #string(quote: string): void {
    const line = this.#line;
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== "\n") {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const text = this.#advance(Math.min(end + 1, this.#text.length)).slice(1, -1);
    this.#tokens.push({ kind: "string", text, line });
  }

  /** From a backquote, or from the brace that ends a substitution, to the next of either kind. */
  #template(): void {
    const line = this.#line;
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== "`") {
      if (this.#text.startsWith("${", end)) {
        this.#tokens.push({ kind: "template", text: this.#advance(end + 2), line });
        this.#substitutions.push(0);
        return;
      }
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const text = this.#advance(Math.min(end + 1, this.#text.length));
    this.#tokens.push({ kind: "template", text, line });
  }

  #mark(): void {
    const mark = this.#text[this.#at];
    const depth = this.#substitutions.at(-1);
    if (depth !== undefined && mark === "}" && depth === 0) {
      this.#substitutions.pop();
      this.#template();
      return;
    }
    if (depth !== undefined && (mark === "{" || mark === "}")) {
      this.#substitutions[this.#substitutions.length - 1] = depth + (mark === "{" ? 1 : -1);
    }
    this.#token("mark", MARK);
  }

  #regexMayStart(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return BEFORE_REGEX.has(last.text);
    if (last.kind === "template") return last.text.endsWith("${");
    if (last.kind !== "mark") return false;
    return ![")", "]", "}", "++", "--"].includes(last.text);
  }
}
