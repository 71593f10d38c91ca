import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { runProgram } from "./run-program.ts";

/** What is fetched when asked for, and is no dependency: somebody else's program, compiled. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * Where the package was put before; `null` when it was not.
 *
 * OVERWALL_CACHE names another folder than the one in node_modules.
 */
export function cachedPackage(root: string, { name, version }: FetchedPackage): string | null {
  const folder = join(cacheOf(root), nameOf({ name, version }), "node_modules", name);
  return existsSync(folder) ? folder : null;
}

/** As `cachedPackage`, fetched with npm if it is not there; an error says why it cannot be had. */
export async function fetchPackage(root: string, wanted: FetchedPackage): Promise<string | Error> {
  const cached = cachedPackage(root, wanted);
  if (cached !== null) return cached;
  const cache = cacheOf(root);
  const fresh = join(cache, `${nameOf(wanted)}.${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  const { name, version } = wanted;
  const ran = await runProgram("npm", [...INSTALL, fresh, `${name}@${version}`], {
    cwd: fresh,
    timeoutMs: FETCH_MAX_MS,
  });
  if (ran.status === 0) renameSync(fresh, join(cache, nameOf(wanted)));
  else rmSync(fresh, { recursive: true, force: true });
  const why = ran.output.split("\n").find((line) => line.startsWith("npm error")) ?? ran.output;
  return cachedPackage(root, wanted) ?? new Error(`npm cannot fetch ${name}@${version}: ${why}`);
}

function cacheOf(root: string): string {
  return resolve(root, process.env["OVERWALL_CACHE"] ?? "node_modules/.cache/overwall");
}

function nameOf({ name, version }: FetchedPackage): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}`;
}

/** Nothing of it is run meanwhile. */
const INSTALL = [
  ...["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"],
  ...["--no-package-lock", "--loglevel=error", "--prefix"],
];
const FETCH_MAX_MS = 300_000;
