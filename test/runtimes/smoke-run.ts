import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Runtime } from "../../tools/runtimes.ts";
import { runToEnd } from "../interop/program.ts";

/** What smoke.ts shows to hold. */
export const SMOKE: readonly string[] = [
  "tcp",
  "unix",
  "pty",
  "a turn for others between two batches",
  "a connection passed as a descriptor",
];

/** Runs smoke.ts to its end, and answers what held. */
export async function heldOn(
  { name, program, run }: Runtime,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const script = fileURLToPath(new URL("smoke.js", import.meta.url));
  const { status, signal, stdout, stderr } = await runToEnd(program, [...run, script], { env });
  assert.equal(status, 0, `${name} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("held: "))
    .map((line) => line.slice("held: ".length));
}
