import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkLock } from "./check-lock.ts";
import type { CheckResult, Finding } from "./check-result.ts";
import type { Ran } from "./run-program.ts";
import { runProgram, runTool } from "./run-program.ts";

/** What users install: packed as npm does it, then asked whether its entries and types resolve. */
export async function checkPackage(root: string): Promise<CheckResult> {
  const folder = mkdtempSync(join(tmpdir(), "overwall-pack-"));
  try {
    const packed = await runProgram("npm", [...PACK, folder], { cwd: root });
    if (packed.status !== 0) return { saw: {}, findings: verdict("npm pack", packed) };
    const { filename, files } = readPacked(packed.output);
    const tarball = join(folder, filename);
    const lint = await runTool(root, "publint", ["run", tarball, "--strict"]);
    const types = await runTool(root, "attw", [tarball, ...ESM_ONLY]);
    const unused = await runTool(root, "knip", KNIP);
    const lock = checkLock(root);
    return {
      saw: {
        files: files.length,
        typedEntries: new Set(types.output.match(/"overwall(?:\/[\w./-]+)?"/g)).size,
        knipFiles: Number(/^knip saw (\d+) files$/m.exec(unused.output)?.[1] ?? 0),
        ...lock.saw,
      },
      findings: [
        ...verdict("publint", lint),
        ...verdict("attw", types),
        ...verdict("knip", unused),
        ...lock.findings,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PACK = ["pack", "--ignore-scripts", "--json", "--loglevel=error", "--pack-destination"];
const ESM_ONLY = ["--profile", "esm-only", "--format", "table-flipped", "--no-emoji", "--no-color"];

/**
 * With the build's configuration, so that it finds the sources behind the entries of package.json.
 */
const KNIP = [
  ...["--tsConfig", "tsconfig.build.json", "--no-progress"],
  ...["--reporter", "symbols", "--reporter", "./build/tools/knip-count.js"],
];

function verdict(rule: string, { status, output }: Ran): Finding[] {
  return status === 0 ? [] : [{ rule, where: "package.json", message: output.trim() }];
}

function readPacked(output: string): { readonly filename: string; readonly files: unknown[] } {
  const [packed] = JSON.parse(output.slice(output.indexOf("["))) as [
    { readonly filename: string; readonly files: unknown[] },
  ];
  return packed;
}
