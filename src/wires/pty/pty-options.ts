import type { TerminalSize } from "../../contract/index.ts";
import type { PtyOptions } from "./pty.ts";

/** Checked, with its defaults. */
export interface ResolvedPty {
  readonly command: string;
  readonly args: readonly string[];
  readonly argv0: string;
  readonly env: Readonly<Record<string, string>> | "inherit";
  readonly cwd: string | undefined;
  readonly size: TerminalSize;
  readonly isRaw: boolean;
  readonly hangUpGraceMs: number;
  readonly typesEnd: boolean;
}

/**
 * Checks what was given to `pty()`, and completes it.
 *
 * @throws {TypeError} for a wrong type. @throws {RangeError} for a value outside its range.
 */
export function checkPtyOptions(options: PtyOptions): ResolvedPty {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("pty() takes an object of options");
  }
  const { args = [], command, cwd, env = {}, raw = false, hangUpGraceMs = 10_000 } = options;
  const { argv0 = command, endOfInput = "refused", size = { columns: 80, rows: 24 } } = options;
  if (text("command", command) === "") throw new RangeError("pty(): command must not be empty");
  if (!Array.isArray(args)) throw new TypeError("pty(): args must be an array of strings");
  for (const arg of args) text("args", arg);
  text("argv0", argv0);
  if (cwd !== undefined) text("cwd", cwd);
  if (typeof raw !== "boolean") throw new TypeError("pty(): raw must be a boolean");
  if (!(hangUpGraceMs >= 0)) {
    throw new RangeError("pty(): hangUpGraceMs must be a number of at least 0");
  }
  const typesEnd = endOfInput === "typed";
  if (!typesEnd && endOfInput !== "refused") {
    throw new RangeError('pty(): endOfInput must be "refused" or "typed"');
  }
  if (typesEnd && raw) {
    throw new RangeError("pty(): a raw terminal has no end of input that could be typed");
  }
  checkEnv(env);
  checkSize("pty", size);
  return { command, args: [...args], argv0, env, cwd, size, isRaw: raw, hangUpGraceMs, typesEnd };
}

/** @throws {TypeError} {RangeError} when it is no size that a window can have. */
export function checkSize(of: string, size: unknown): asserts size is TerminalSize {
  if (typeof size !== "object" || size === null) {
    throw new TypeError(`${of}(): size must be an object such as { columns: 80, rows: 24 }`);
  }
  for (const name of ["columns", "rows"] as const) {
    const count = (size as Partial<TerminalSize>)[name];
    if (typeof count !== "number") throw new TypeError(`${of}(): size.${name} must be a number`);
    if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) continue;
    throw new RangeError(`${of}(): size.${name} must be from 1 to ${COUNT_MAX}, not ${count}`);
  }
}

const COUNT_MAX = 65_535;

function checkEnv(env: unknown): void {
  if (env === "inherit") return;
  if (typeof env !== "object" || env === null) {
    throw new TypeError('pty(): env must be an object of strings, or "inherit"');
  }
  for (const [name, value] of Object.entries(env)) text(`env.${name}`, value);
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw new TypeError(`pty(): ${name} must be a string, not ${String(value)}`);
  }
  if (value.includes("\0")) throw new RangeError(`pty(): ${name} must not contain a zero byte`);
  return value;
}
