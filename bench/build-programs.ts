import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { missingPrograms } from "../tools/missing-programs.ts";
import type { Places } from "./places.ts";

/**
 * Compiles the load generator, the C server, and, where Go is here, the Go server.
 *
 * @throws {Error} when gcc is not here, or a compiler fails.
 */
export function buildPrograms(places: Places): void {
  mkdirSync(places.built(""), { recursive: true });
  compileC(places.root, "bench/load", places.built("load"));
  compileC(places.root, "bench/servers/c", places.built("c-server"));
  if (missingPrograms(["go"]).length === 0) {
    const source = places.script("go_server.go");
    run(places.root, "go", ["build", "-o", places.built("go-server"), source], {
      GO111MODULE: "off",
    });
  }
}

/**
 * Makes a program of all C files in a folder.
 *
 * @throws {Error} when the compiler is not here, or fails.
 */
export function compileC(root: string, folder: string, output: string): void {
  const sources = readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));
  const flags = ["-D_GNU_SOURCE", "-std=gnu11", "-O2", "-Wall", "-Wextra"];
  run(root, process.env["CC"] ?? "gcc", [...flags, ...sources, "-o", output], {});
}

function run(
  root: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): void {
  const ran = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  if (ran.error !== undefined) {
    throw new Error(
      `Cannot build the bench: ${program} is not here; apt-get install gcc libc6-dev`,
    );
  }
  if (ran.status !== 0) throw new Error(`Cannot build the bench: ${program} failed\n${ran.stderr}`);
}
