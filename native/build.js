import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Compiles native/src into native/build/PLATFORM-ARCH.node, with gcc (or $CC) alone.
 *
 * It never fails an install: where it cannot be compiled, one line says so, and the portable driver
 * is used. With `--strict` the exit code tells. An argument that is no option is where it goes instead.
 */
const here = dirname(fileURLToPath(import.meta.url));
const isStrict = process.argv.includes("--strict");
const target = `${process.platform}-${process.arch}`;

const failure = build();
if (failure === null) {
  process.stdout.write(`native driver: compiled for ${target}\n`);
} else {
  process.stdout.write(`native driver: not compiled (${failure}); the portable driver is used\n`);
  if (isStrict) process.exitCode = 1;
}

/** Why it could not be compiled; `null` when it was. */
function build() {
  if (process.platform !== "linux") return `it is made for Linux, and this is ${process.platform}`;
  const headers = headerFolder();
  if (headers === null) return "the package node-api-headers is not installed";
  const source = join(here, "src");
  const files = readdirSync(source).filter((name) => name.endsWith(".c"));
  const asked = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const output = asked ?? join(here, "build", `${target}.node`);
  // A process may be using the old one: it is replaced, never written over.
  const fresh = `${output}.${process.pid}`;
  mkdirSync(dirname(output), { recursive: true });
  const compiler = process.env["CC"] ?? "gcc";
  const flags = (process.env["OVERWALL_CFLAGS"] ?? "-O2").split(" ").filter(Boolean);
  const options = ["-std=gnu11", "-Wall", "-Wextra", "-fPIC", "-shared", "-fvisibility=hidden"];
  const paths = files.map((name) => join(source, name));
  const run = spawnSync(
    compiler,
    [...options, ...flags, "-isystem", headers, ...paths, "-o", fresh, "-lpthread", "-ldl"],
    { encoding: "utf8" },
  );
  if (run.error !== undefined) return `${compiler} is not here`;
  if (run.status === 0) {
    renameSync(fresh, output);
    return null;
  }
  rmSync(fresh, { force: true });
  process.stderr.write(run.stderr);
  return `${compiler} failed`;
}

/** Beside this package, in the folder where it is run, or as Node itself is installed. */
function headerFolder() {
  for (const from of [import.meta.url, join(process.cwd(), "any.js")]) {
    try {
      return createRequire(from)("node-api-headers").include_dir;
    } catch {
      // Not there; the next place may have it.
    }
  }
  const ofNode = join(dirname(process.execPath), "../include/node");
  return existsSync(join(ofNode, "node_api.h")) ? ofNode : null;
}
