import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "./list-files.ts";

/**
 * Removes compiled files whose source is gone, so that no test of yesterday passes today. Returns
 * how
 * many were removed and how many stay.
 */
export function pruneOutput(
  root: string,
  output: string,
  source: string,
): { readonly removed: number; readonly kept: number } {
  let removed = 0;
  let kept = 0;
  for (const path of listFiles(root, output, "")) {
    const stem = /^(?<stem>.*?)(?:\.js|\.d\.ts)(?:\.map)?$/.exec(path)?.groups?.["stem"];
    if (stem === undefined) continue;
    if (existsSync(join(root, source, `${stem.slice(output.length + 1)}.ts`))) {
      kept += 1;
    } else {
      rmSync(join(root, path));
      removed += 1;
    }
  }
  return { removed, kept };
}
