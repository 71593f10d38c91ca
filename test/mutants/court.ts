import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";

export type Judge = "suite" | "flow";

/** A copy of the compiled library and its tests, in which one mutant at a time can be planted. */
export class Court implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "overwall-mutants-"));

  constructor() {
    for (const path of COPIED) {
      const to = join(this.#folder, path);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(BUILD, path), to, {
        recursive: true,
        filter: (from) => !/\.(map|d\.ts)$/.test(from),
      });
    }
    writeFileSync(join(this.#folder, "package.json"), '{ "type": "module" }\n');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What `judge` says first against the copy with `mutant` in it; null when it finds nothing. */
  async verdict(mutant: Mutant | null, judge: Judge): Promise<string | null> {
    if (mutant === null) return await hear(judge, this.#folder);
    const path = join(this.#folder, "src/flow", mutant.file);
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, plant(mutant, whole));
    try {
      return await hear(judge, this.#folder);
    } finally {
      writeFileSync(path, whole);
    }
  }
}

/** @throws {Error} when what the mutant takes out is not there exactly once. */
function plant({ id, file, find, replace }: Mutant, whole: string): string {
  const parts = whole.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`Cannot plant ${id}: what it replaces is ${parts.length - 1} times in ${file}`);
}

/** Runs a judge to its first word; one that never ends has found something. */
async function hear(judge: Judge, folder: string): Promise<string | null> {
  const args = ["--test-reporter=tap", JUDGE, judge, folder];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    env: { ...env, OVERWALL_SEED: "mutants", OVERWALL_COUNTS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return await new Promise((resolve, reject) => {
    let said = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, LATE_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (FAILURE.test(said)) child.kill("SIGKILL");
      });
    }
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      const failed = FAILURE.exec(said)?.[1];
      if (failed !== undefined) resolve(failed);
      else if (isLate) resolve("it never ends");
      else resolve(status === 0 ? null : `it ends with ${status}: ${said.slice(-300)}`);
    });
  });
}

const FAILURE = /^\s*not ok (?:\d+ )?- (.*)$/m;
/** Longer than any judge takes over what is sound, even on a busy machine. */
const LATE_MS = 60_000;
const JUDGE = fileURLToPath(new URL("./judge.js", import.meta.url));
const BUILD = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = [
  "src/contract",
  "src/flow",
  "src/memory",
  "src/testing",
  "test/flow",
  "test/counts.js",
  "tools/draw-states.js",
  "tools/drawn-page.js",
];
