import type { Direction, Observer } from "../contract/index.ts";
import type { Reporter } from "./reporter.ts";

export type TapForm = "hex" | "text";

/**
 * Shows the bytes of one connection on stderr, each line with `name` and which way they went.
 *
 * @param arrows what stands for bytes that come in and for bytes that go out.
 */
export function tap(
  reporter: Reporter,
  name: string,
  form: TapForm,
  arrows: Readonly<Record<Direction, string>>,
): Observer {
  return {
    bytes: (direction, data) => {
      const lines = form === "hex" ? hexLines(data) : textLines(data);
      for (const line of lines) reporter.print(`${name} ${arrows[direction]} ${line}`);
    },
  };
}

const BYTES_A_LINE = 16;

/** Offsets in the chunk, sixteen bytes, and what of them is printable. */
function* hexLines(data: Uint8Array): Iterable<string> {
  for (let start = 0; start < data.byteLength; start += BYTES_A_LINE) {
    const row = data.subarray(start, start + BYTES_A_LINE);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = Array.from(row, (byte) => (isPrintable(byte) ? String.fromCharCode(byte) : "."));
    const offset = start.toString(16).padStart(8, "0");
    yield `${offset}  ${hex.padEnd(BYTES_A_LINE * 3)} ${text.join("")}`;
  }
}

/** Lines of text; what could steer a terminal is escaped, so that bytes stay only bytes. */
function* textLines(data: Uint8Array): Iterable<string> {
  let line = "";
  for (const byte of data) {
    line += isPrintable(byte) && byte !== 0x5c ? String.fromCharCode(byte) : escaped(byte);
    if (byte !== 0x0a) continue;
    yield line;
    line = "";
  }
  if (line !== "") yield line;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

function escaped(byte: number): string {
  const short = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" }[byte];
  return short ?? `\\x${byte.toString(16).padStart(2, "0")}`;
}
