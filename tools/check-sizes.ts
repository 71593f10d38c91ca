import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult, Finding } from "./check-result.ts";
import { listFiles } from "./list-files.ts";
import type { Ratchet } from "./ratchet.ts";

const LINES_MAX = 400;
const LINES_WISHED = 250;
const COLUMNS_MAX = 100;
/** A line that is one long string, a test's title most often, cannot be broken by the formatter. */
const COLUMNS_MAX_OF_A_STRING = 120;
const ONE_STRING = /^[^"`]*(["`])[^"`]{50,}\1[^"`]*$/;

/**
 * Files that fit into a head, lines that fit on a screen. Functions are the linter's to measure.
 */
export function checkSizes(
  root: string,
  { oversizeLines }: Pick<Ratchet, "oversizeLines">,
): CheckResult {
  const findings: Finding[] = [];
  const notes: string[] = [];
  let lines = 0;
  const own = ["src", "tools"].flatMap((folder) => listFiles(root, folder, ".ts"));
  const others = ["test", "examples", "bench"].flatMap((folder) => listFiles(root, folder, ".ts"));
  for (const path of [...own, ...others]) {
    const text = readFileSync(join(root, path), "utf8").split("\n");
    const length = text.at(-1) === "" ? text.length - 1 : text.length;
    lines += length;
    findings.push(...findLongLines(path, text));
    if (!own.includes(path)) continue;
    const most = oversizeLines[path] ?? LINES_MAX;
    if (length > most) {
      const message = `${length} lines, more than ${most}: it holds more than one idea`;
      findings.push({ rule: "file-too-long", where: path, message });
    } else if (length > LINES_WISHED) {
      notes.push(`${path} has ${length} lines; ${LINES_WISHED} are wished`);
    }
  }
  for (const path of Object.keys(oversizeLines)) {
    if (own.includes(path)) continue;
    const message = "named in tools/ratchet.json and not there";
    findings.push({ rule: "stale-ratchet", where: path, message });
  }
  return { saw: { files: own.length + others.length, lines }, findings, notes };
}

/** A line that holds one unbreakable word, such as an address, cannot be shorter. */
function findLongLines(path: string, lines: readonly string[]): Finding[] {
  return lines.flatMap((line, index) => {
    if (line.length <= COLUMNS_MAX || /^\W*\S+\W*$/.test(line)) return [];
    if (line.length <= COLUMNS_MAX_OF_A_STRING && ONE_STRING.test(line)) return [];
    const message = `${line.length} columns, more than ${COLUMNS_MAX}`;
    return [{ rule: "line-too-long", where: `${path}:${index + 1}`, message }];
  });
}
