import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult, Finding } from "./check-result.ts";

/**
 * Whether `npm ci` works elsewhere: the lock does not say where a package came from, and names the
 * optional packages of every platform, also of those that it was not written on.
 */
export function checkLock(root: string): CheckResult {
  const text = readFileSync(join(root, WHERE), "utf8");
  const { packages } = JSON.parse(text) as { readonly packages: Locked };
  const findings: Finding[] = [];
  for (const [path, { resolved, optionalDependencies = {} }] of Object.entries(packages)) {
    if (resolved !== undefined) {
      const message = `${path} says where it came from; use omit-lockfile-registry-resolved`;
      findings.push({ rule: "download-address", where: WHERE, message });
    }
    for (const name of Object.keys(optionalDependencies)) {
      if (isLocked(packages, path, name)) continue;
      const message = `${name}, optional for ${path}, is not there; npm ci refuses the lock`;
      findings.push({ rule: "incomplete-lock", where: WHERE, message });
    }
  }
  return { saw: { lockedPackages: Object.keys(packages).length }, findings };
}

const WHERE = "package-lock.json";

type Locked = Readonly<
  Record<
    string,
    {
      readonly resolved?: string;
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
  >
>;

/** As Node looks for it: in the package's own folder, then in each one above. */
function isLocked(packages: Locked, path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (packages[folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`])
      return true;
    if (folder === "") return false;
  }
}
