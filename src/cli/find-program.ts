import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Reporter } from "./reporter.ts";

/** Warns of a program that is not there, and may be by the time that somebody connects. */
export function warnOfAbsent(reporter: Reporter, command: string): void {
  // There a name stands for several files.
  if (process.platform === "win32" || isThere(command)) return;
  reporter.warn(
    `there is no program ${JSON.stringify(command)} here; until there is, every connection fails`,
  );
}

function isThere(command: string): boolean {
  if (command.includes("/")) return isProgram(command);
  const folders = (process.env["PATH"] ?? SYSTEM_PATH).split(delimiter);
  return folders.some((folder) => isProgram(join(folder === "" ? "." : folder, command)));
}

/** Where the system looks without a PATH. */
const SYSTEM_PATH = "/usr/local/bin:/bin:/usr/bin";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
