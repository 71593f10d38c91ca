import type { ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadProof, proofNames } from "./find-proofs.ts";
import { describeMachine } from "./machine.ts";
import { missingPrograms } from "./missing-programs.ts";
import { ProofRecord } from "./proof-record.ts";
import { scrub } from "./scrub.ts";

/**
 * `npm run prove -- NAME [NAME…]`, `--all` or `--list`: runs proofs with their full counts and
 * writes
 * `docs/proof/NAME.json`, for a failed one too, so that no older success stays in its place.
 */
async function prove(args: readonly string[]): Promise<void> {
  const root = process.cwd();
  const known = proofNames(root);
  const names = args.includes("--all") ? known : args.filter((arg) => !arg.startsWith("--"));
  const unknown = names.filter((name) => !known.includes(name));
  if (args.includes("--list")) return await list(root, known);
  if (names.length === 0 || unknown.length > 0) {
    const fault = names.length === 0 ? "name a proof, or --all" : `unknown: ${unknown.join(", ")}`;
    process.stderr.write(`Cannot prove: ${fault}\nproofs: ${known.join(", ") || "none"}\n`);
    process.exitCode = 2;
    return;
  }
  // Proofs read their counts when they are loaded.
  process.env["OVERWALL_COUNTS"] = "full";
  for (const name of names) {
    if (!(await proveOne(root, name))) process.exitCode = 1;
  }
}

async function list(root: string, names: readonly string[]): Promise<void> {
  for (const name of names) print(`${name.padEnd(28)} ${(await loadProof(root, name)).title}`);
}

async function proveOne(root: string, name: string): Promise<boolean> {
  const { title, needs = [], ...proof } = await loadProof(root, name);
  const missing = missingPrograms(needs);
  if (missing.length > 0) {
    print(`FAILED ${name}: needs ${missing.join(", ")} on PATH`);
    return false;
  }
  print(`${name}: ${title}`);
  const record = new ProofRecord(true, (line) => print(`  ${line}`));
  const date = new Date();
  const began = performance.now();
  let failure: string | undefined;
  try {
    await proof.prove(record);
    record.assertCounted();
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const seconds = Math.round((performance.now() - began) / 10) / 100;
  const result = failure === undefined ? "passed" : "failed";
  const { counts, facts, lines } = record;
  write(root, name, {
    name,
    title,
    date: date.toISOString(),
    machine: describeMachine(),
    versions: { node: process.version, overwall: version(root), ...commit(), ...record.versions },
    command: `npm run prove -- ${name}`,
    result,
    details: { seconds, counts, facts, log: lines, ...(failure === undefined ? {} : { failure }) },
  });
  print(`${result === "passed" ? "passed" : "FAILED"} ${name} in ${seconds} s`);
  if (failure !== undefined) print(failure);
  return failure === undefined;
}

function write(root: string, name: string, content: unknown): void {
  mkdirSync(join(root, "docs/proof"), { recursive: true });
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(join(root, `docs/proof/${name}.json`), scrub(text));
}

function version(root: string): string {
  const text = readFileSync(join(root, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** The commit that was proved, if this is a repository, with a mark if files differ from it. */
function commit(): { readonly commit?: string } {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    };
    const hash = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], options).trim();
    const changed = execFileSync("git", ["status", "--porcelain", "--", "src", "test"], options);
    return { commit: changed === "" ? hash : `${hash} and changes` };
  } catch {
    return {};
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await prove(process.argv.slice(2));
