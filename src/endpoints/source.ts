import { SpecError } from "../contract/index.ts";

/** The string being read: knows how to complain about a place in it without telling a secret. */
export class Source {
  readonly text: string;
  /** What errors show: a password is `***`, a control character is a box. */
  #shown: string;

  constructor(text: string) {
    this.text = text;
    this.#shown = withoutControls(text);
  }

  /** @throws {SpecError} with the caret under `offset`. */
  fail(offset: number, what: string): never {
    throw new SpecError(this.#shown, Math.min(offset, this.#shown.length), what);
  }

  /** The text from `start` to `end` as it may be shown. */
  shown(start: number, end: number): string {
    return JSON.stringify(withoutControls(this.text.slice(start, end)));
  }

  /** Refuses a string with a password in it: command lines show in the list of processes. */
  refuseSecrets({ hasScheme }: { readonly hasScheme: boolean }): void {
    const secret =
      passwordIn(this.text) ??
      secretOptionIn(this.text) ??
      (hasScheme ? undefined : bareLoginIn(this.text));
    if (secret === undefined) return;
    const { start, end } = secret;
    this.#shown = withoutControls(`${this.text.slice(0, start)}***${this.text.slice(end)}`);
    this.fail(
      start,
      "a password does not belong in a URL, where lists of processes and logs show it",
    );
  }

  /** Undoes percent-encoding between two offsets. */
  decode(start: number, end: number): string {
    const text = this.text.slice(start, end);
    const bad = /%(?![0-9A-Fa-f]{2})/.exec(text);
    if (bad !== null) {
      this.fail(start + bad.index, 'expected two hexadecimal digits after "%" ("%25" for a "%")');
    }
    const zero = text.indexOf("%00");
    if (zero >= 0) this.fail(start + zero, "a zero byte cannot be part of a name");
    try {
      return decodeURIComponent(text);
    } catch {
      return this.fail(start + text.indexOf("%"), "these bytes are not UTF-8 text");
    }
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** `scheme://user:password@…`, also where the password holds a character that it should not. */
function passwordIn(text: string): Span | undefined {
  const head = /^[^/?#]*:\/\/(?![/[])[^/?#:@]*:/.exec(text);
  if (head === null) return undefined;
  const start = head[0].length;
  const rest = text.slice(start);
  const end = rest.search(/[/?#]/);
  const upToPath = end < 0 ? rest : rest.slice(0, end);
  const isPort = /^\d*$/.test(upToPath);
  const at = isPort ? -1 : Math.max(upToPath.lastIndexOf("@"), rest.lastIndexOf("@"));
  return at < 0 ? undefined : { start, end: start + at };
}

/** `user:password@…` without a scheme. */
function bareLoginIn(text: string): Span | undefined {
  const match = /^[^:/?#@]+:(?!\/\/)/.exec(text);
  const at = text.lastIndexOf("@");
  return match === null || at <= match[0].length ? undefined : { start: match[0].length, end: at };
}

function secretOptionIn(text: string): Span | undefined {
  const match = /[?&](?:[a-z0-9]+\.)?(?:pass|passwd|password|pwd|secret|token)=([^&]+)/i.exec(text);
  if (match?.[1] === undefined) return undefined;
  const end = match.index + match[0].length;
  return { start: end - match[1].length, end };
}

/** One box for each, so that offsets stay; the rest of the text cannot steer a terminal. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "\u25a1");
}
