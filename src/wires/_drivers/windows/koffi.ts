import { createRequire } from "node:module";
import { UnsupportedError, WireError } from "../../../contract/index.ts";

/** What is used of `koffi`, by which functions of the system are called. */
export interface Koffi {
  /** `null`: the program that runs. */
  load(path: string | null): KoffiLibrary;
  /** Where the memory of a buffer begins; it stays there. */
  address(memory: Uint8Array): bigint;
}

export interface KoffiLibrary {
  func(signature: string): KoffiFunction;
}

export interface KoffiFunction {
  (...args: readonly unknown[]): number;
  /** On a thread of the pool; the last argument is told the result, in a later turn. */
  async(...args: readonly unknown[]): void;
}

/**
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a system that is not Windows in 64 bits.
 * @throws {WireError} ERR_WIRE_MISSING_PEER where it is not installed, or does not load.
 */
export function loadKoffi(
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
  require: (name: string) => unknown = createRequire(import.meta.url),
): Koffi {
  if (platform !== "win32") throw new UnsupportedError(ATTEMPT, "there are none but on Windows");
  if (arch === "ia32") throw new UnsupportedError(ATTEMPT, "this Node is one of 32 bits");
  try {
    return require("koffi") as Koffi;
  } catch (error) {
    if (Reflect.get(Object(error), "code") !== "MODULE_NOT_FOUND") throw unfitKoffi(error);
    const message = `Cannot ${ATTEMPT}: run \`npm install koffi\``;
    throw new WireError("ERR_WIRE_MISSING_PEER", message, { cause: error });
  }
}

/** It is there, and cannot be used: for another machine, of another version. */
export function unfitKoffi(cause: unknown): WireError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot ${ATTEMPT}: koffi is installed, and does not work here: ${why}`;
  return new WireError("ERR_WIRE_MISSING_PEER", message, { cause });
}

/** What fails without it, as errors say it. */
export const ATTEMPT = "use an overlapped handle";
