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
  compileC(places, "bench/load", "load");
  compileC(places, "bench/servers/c", "c-server");
  if (missingPrograms(["go"]).length === 0) {
    const source = places.script("go_server.go");
    run(places, "go", ["build", "-o", places.built("go-server"), source], { GO111MODULE: "off" });
  }
}

function compileC(places: Places, folder: string, output: string): void {
  const sources = readdirSync(join(places.root, folder))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));
  const flags = ["-D_GNU_SOURCE", "-std=gnu11", "-O2", "-Wall", "-Wextra"];
  run(places, process.env["CC"] ?? "gcc", [...flags, ...sources, "-o", places.built(output)], {});
}

function run(
  places: Places,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): void {
  const ran = spawnSync(program, args, {
    cwd: places.root,
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
