import { quoteWord } from "../contract/index.ts";
import { readCommandLine } from "./command-line.ts";
import type { Place, Scheme } from "./scheme.ts";
import type { Source } from "./source.ts";

/** Where a wire listens or connects when the string names no host. */
export const DEFAULT_HOST = "127.0.0.1";

/** Reads the part behind `scheme:` up to the options, in the form that the wire's scheme has. */
export function readPlace(source: Source, scheme: Scheme, start: number, end: number): Place {
  switch (scheme.place) {
    case "authority":
      return readAuthority(source, scheme, start, end);
    case "path":
    case "file":
      return readPath(source, scheme, start, end);
    case "numbers":
      return readNumbers(source, scheme, start, end);
    case "command":
      return { form: "command", words: readCommandLine(source, start) };
    case "nothing":
      if (start < end) source.fail(start, `${scheme.name}: has nothing behind it but options`);
      return { form: "nothing" };
    case "name":
      return readName(source, scheme, start, end);
    case "word":
      return readWord(source, scheme, start, end);
    default:
      return source.fail(start, `${scheme.name} needs a wire beneath it, as in ${scheme.example}`);
  }
}

/** Writes a place so that {@link readPlace} gives the same value. */
export function writePlace(place: Place): string {
  switch (place.form) {
    case "authority":
      return `//${writeHost(place.host)}:${place.port}`;
    case "numbers":
      return place.numbers.join(",");
    case "command":
      return place.words.map(quoteWord).join(" ");
    case "nothing":
      return "";
    case "path":
    case "file":
      return /^\//.test(place.path) ? `//${encodePath(place.path)}` : encodePath(place.path);
    case "name":
      return `//${encodeURIComponent(place.name)}`;
    case "word":
      return encodeURIComponent(place.name);
  }
}

function readAuthority(source: Source, scheme: Scheme, start: number, end: number): Place {
  const { text } = source;
  if (!text.startsWith("//", start)) {
    source.fail(start, `expected "//" and a host and port, as in ${scheme.example}`);
  }
  const from = start + 2;
  const slash = text.indexOf("/", from);
  const stop = slash >= 0 && slash < end ? slash : end;
  const at = text.lastIndexOf("@", stop);
  if (at >= from) source.fail(from, `${scheme.name} takes no user name`);
  const colon = text[from] === "[" ? afterBracket(source, from, stop) : text.indexOf(":", from);
  if (text[from] !== "[" && colon >= 0 && text.slice(colon + 1, stop).includes(":")) {
    source.fail(from, "an IPv6 address is written in brackets, as in [::1]");
  }
  if (colon < 0 || colon >= stop) source.fail(stop, 'expected ":" and a port');
  const host = readHost(source, from, colon);
  const port = readPort(source, colon + 1, stop);
  if (stop < end) source.fail(stop, `${scheme.name} takes no path; expected "?" or the end`);
  return { form: "authority", host, port };
}

/** The offset of the colon behind `[…]`. */
function afterBracket(source: Source, from: number, stop: number): number {
  const close = source.text.indexOf("]", from);
  if (close < 0 || close >= stop) source.fail(stop, 'expected "]" behind the IPv6 address');
  if (close + 1 < stop && source.text[close + 1] !== ":") {
    source.fail(close + 1, 'expected ":" and a port');
  }
  return close + 1;
}

function readHost(source: Source, start: number, end: number): string {
  if (start === end) return DEFAULT_HOST;
  if (source.text[start] === "[") {
    const host = source.decode(start + 1, end - 1).toLowerCase();
    if (isIpv6(host)) return host;
    return source.fail(start + 1, "expected an IPv6 address between the brackets, as in [::1]");
  }
  const host = source.decode(start, end).toLowerCase();
  if (host === "*") {
    source.fail(start, 'write 0.0.0.0 (or [::], for IPv6 as well) for "every address"');
  }
  const wrong = host.search(/[^a-z0-9._-]/);
  if (wrong >= 0) {
    source.fail(
      start + wrong,
      "a host is letters, digits, dots and hyphens (a name in other letters: its xn-- form)",
    );
  }
  if (/^[0-9.]+$/.test(host) && !isIpv4(host)) {
    source.fail(start, "expected an IPv4 address of four numbers from 0 to 255");
  }
  if (/^[.-]|\.\.|-$/.test(host) || host.length > 253)
    source.fail(start, "this is not a host name");
  return host;
}

function readPort(source: Source, start: number, end: number): number {
  const text = source.text.slice(start, end);
  if (text === "")
    source.fail(start, "expected a port from 0 to 65535 (0, to listen: any free one)");
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    source.fail(start, `expected a port from 0 to 65535, not ${source.shown(start, end)}`);
  }
  return Number(text);
}

function readPath(source: Source, scheme: Scheme, start: number, end: number): Place {
  const { text } = source;
  let from = start;
  if (text.startsWith("//", start)) {
    from = start + 2;
    // "unix://@name" and "unix://./name" are how addresses are shown, and are pasted back.
    if (!/^(?:\/|\.\.?\/|@)/.test(text.slice(from, end))) {
      source.fail(
        from,
        `expected a third "/" and an absolute path (a relative one: ${scheme.name}:./name)`,
      );
    }
  }
  if (from === end) source.fail(from, `expected a path, as in ${scheme.example}`);
  const path = source.decode(from, end);
  if (scheme.place === "file") return readFilePath(source, path, from);
  if (path === "@") source.fail(end, 'expected an abstract name behind "@"');
  if (!/^(?:\/|\.\.?\/|@)/.test(path)) {
    source.fail(
      from,
      'expected an absolute path, one that begins with "./" or "../", or "@" and an abstract name',
    );
  }
  if (path.endsWith("/") && !path.startsWith("@")) {
    source.fail(end - 1, "expected the name of a socket, not a folder");
  }
  return { form: "path", path };
}

function readFilePath(source: Source, path: string, from: number): Place {
  if (/^(?:\/|\.\.?\/)/.test(path)) return { form: "file", path };
  return source.fail(from, 'expected an absolute path, or one that begins with "./" or "../"');
}

function readNumbers(source: Source, scheme: Scheme, start: number, end: number): Place {
  const text = source.text.slice(start, end);
  if (!/^\d{1,9}(?:,\d{1,9})?$/.test(text)) {
    source.fail(start, `expected a descriptor's number, as in ${scheme.example}`);
  }
  return { form: "numbers", numbers: text.split(",").map(Number) };
}

function readName(source: Source, scheme: Scheme, start: number, end: number): Place {
  const { text } = source;
  if (!text.startsWith("//", start)) {
    source.fail(start, `expected "//" and a name, as in ${scheme.example}`);
  }
  const from = start + 2;
  if (from === end) source.fail(from, `expected a name, as in ${scheme.example}`);
  refuseMarks(source, scheme, from, text.slice(from, end).search(/[/@:]/));
  return { form: "name", name: source.decode(from, end) };
}

function readWord(source: Source, scheme: Scheme, start: number, end: number): Place {
  if (start === end) source.fail(start, `expected a name, as in ${scheme.example}`);
  refuseMarks(source, scheme, start, source.text.slice(start, end).search(/[/\\@:]/));
  return { form: "word", name: source.decode(start, end) };
}

/** What a name holds is written so that no other place can be meant; a backslash it cannot hold. */
function refuseMarks(source: Source, scheme: Scheme, start: number, wrong: number): void {
  if (wrong < 0) return;
  const mark = source.text.charAt(start + wrong);
  const advice =
    mark === "\\" ? ', without a "\\"' : ` (write "${encodeURIComponent(mark)}" for a "${mark}")`;
  source.fail(start + wrong, `a ${scheme.name} name is one word, as in ${scheme.example}${advice}`);
}

function isIpv4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isIpv6(host: string): boolean {
  const match = /^([0-9a-f:.]+)(?:%[\w.-]+)?$/.exec(host);
  return match !== null && URL.canParse(`http://[${match[1]}]/`);
}

function writeHost(host: string): string {
  return host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
}

/** Encodes what would end the path or be read as an escape, and leaves the rest readable. */
function encodePath(path: string): string {
  return path.replace(/[%?#\p{Cc}\p{Z}]/gu, (character) => encodeURIComponent(character));
}
