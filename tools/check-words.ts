import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { CheckResult, Finding } from "./check-result.ts";
import { listFiles } from "./list-files.ts";

interface BannedWord {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly message: string;
}

const BANNED: readonly BannedWord[] = [
  {
    rule: "no-only",
    pattern: /\b(?:test|it|describe|suite)\.only\(|\bonly: true\b/,
    message: "runs one test and hides the others",
  },
  { rule: "no-todo", pattern: /\b(?:TODO|FIXME|XXX)\b/, message: "do it, or write an issue" },
  {
    rule: "no-ts-ignore",
    pattern: /@ts-(?:ignore|nocheck)/,
    message: "hides every error on the line; say it in types",
  },
  {
    rule: "no-machine-path",
    pattern: /\/(?:home|Users|work|root)\/\w|\b[A-Z]:\\Users/,
    message: "a path of one machine",
  },
];

/** The files that must spell these words. */
const SPEAKS_OF_THEM = new Set(["tools/check-words.ts", "test/tools/check-words.test.ts"]);

const VAGUE_NAME = /^(?:utils?|commons?|helpers?|misc|manager|engine|core)\.ts$/;

/** Words that mean "not finished", "only here" or nothing. */
export function checkWords(root: string): CheckResult {
  const findings: Finding[] = [];
  const paths = FOLDERS.flatMap(({ folder, endings }) =>
    endings.flatMap((ending) => listFiles(root, folder, ending)),
  );
  paths.push(...FILES.filter((file) => existsSync(join(root, file))));
  let lines = 0;
  for (const path of paths) {
    if (VAGUE_NAME.test(basename(path))) {
      findings.push({ rule: "vague-name", where: path, message: "name the file for its one idea" });
    }
    for (const [index, line] of readFileSync(join(root, path), "utf8").split("\n").entries()) {
      lines += 1;
      if (SPEAKS_OF_THEM.has(path)) continue;
      for (const { rule, pattern, message } of BANNED) {
        if (pattern.test(line)) findings.push({ rule, where: `${path}:${index + 1}`, message });
      }
    }
  }
  return { saw: { files: paths.length, lines }, findings };
}

const FOLDERS: readonly { readonly folder: string; readonly endings: readonly string[] }[] = [
  ...["src", "test", "tools", "examples", "bench"].map((folder) => ({ folder, endings: [".ts"] })),
  { folder: "docs", endings: [".md", ".json"] },
];

const FILES: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "package.json",
  ".ci/run",
];
