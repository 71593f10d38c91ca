import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Which of these programs are not on PATH. */
export function missingPrograms(names: readonly string[]): string[] {
  return names.filter((name) => !isOnPath(name));
}

function isOnPath(name: string): boolean {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => endings.some((ending) => isProgram(join(folder, name + ending))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
