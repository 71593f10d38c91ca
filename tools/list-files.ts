import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Every file beneath `root/folder`, as sorted paths from `root` with `/`; none if there is no such
 * folder.
 */
export function listFiles(root: string, folder: string, ending: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(join(root, folder), { recursive: true }) as string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return entries
    .map((entry) => `${folder}/${entry.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending) && !path.includes("/node_modules/"))
    .sort();
}
