import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { missingPrograms } from "../../tools/missing-programs.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { PROGRAMS } from "../interop/programs-through-relay.ts";
import type { Interoperation } from "../interop/relayed.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketWire } from "../interop/socket-address.ts";
import { pairsOf, SOCKET_WIRES } from "../interop/socket-address.ts";

export const title =
  "Real programs talk through overwall relay as if it were not there, and its account is exact";

export async function prove(report: ProofReport): Promise<void> {
  // Reduced, one pair is enough: the tests beside the programs go through every one.
  const pairs = report.full ? pairsOf(SOCKET_WIRES) : ([["tcp", "unix"]] as const);
  let skipped = 0;
  for (const program of PROGRAMS) {
    const missing = missingPrograms(program.needs);
    if (missing.length > 0) {
      skipped += 1;
      report.log(`skipped ${program.name}: needs ${missing.join(", ")} on PATH`);
      continue;
    }
    report.version(program.name, versionOf(program));
    const carried = { connections: 0, bytes: 0 };
    for (const [from, onto] of pairs) {
      const passed = await through(program, { from, onto }, report.full);
      carried.connections += passed.connections;
      carried.bytes += passed.bytes;
    }
    report.count(`${program.name}: connections`, carried.connections);
    report.count(`${program.name}: bytes, as counted by both`, carried.bytes);
  }
  report.count("pairs of wires", pairs.length);
  report.count("programs", PROGRAMS.length - skipped);
  report.count("programs skipped", skipped);
  if (report.full) assert.equal(skipped, 0, "a full proof needs every program");
}

async function through(
  { name, run }: Interoperation,
  { from, onto }: { readonly from: SocketWire; readonly onto: SocketWire },
  full: boolean,
): ReturnType<Interoperation["run"]> {
  using scratch = new Scratch();
  try {
    return await run({ scratch, from, onto, full });
  } catch (error) {
    throw new Error(`${name} does not work from ${from} to ${onto}`, { cause: error });
  }
}

/** The first line with a number in it that the program says of itself. */
function versionOf({ asksVersion: [command = "", ...args] }: Interoperation): string {
  const shown = execFileSync(command, args, { encoding: "utf8" });
  return shown.split("\n").find((line) => /\d+\.\d+/.test(line)) ?? "unknown";
}
