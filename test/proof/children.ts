import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { CloseReason } from "../../src/contract/index.ts";
import { pattern } from "../../src/testing/pattern.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Scratch } from "../interop/scratch.ts";
import { BROKEN_PROCESSES, closeLeaked } from "../wires/process/broken-processes.ts";
import { childrenOfOurs, descriptorCount } from "../wires/process/machine.ts";
import { PROCESS_RULES } from "../wires/process/process-rules.ts";
import { RecordingProcess } from "../wires/process/recording-process.ts";

export const title =
  "Of a thousand children that print and exit none is short and none is left, and each end is told";

export const needs: readonly string[] = ["cat", "head", "sh", "sleep"];

const PAYLOAD = Buffer.from(pattern(64 * 1024));

export async function prove(report: ProofReport): Promise<void> {
  await play(PAYLOAD, 1, "read at once");
  const [descriptors, children] = [descriptorCount(), childrenOfOurs().length];
  const howMany = report.full ? 1000 : 40;
  for (const reading of ["read at once", "read when it has exited"] as const) {
    const whole = await play(PAYLOAD, howMany, reading);
    report.count(`whole, ${reading}`, whole);
  }
  await proveRules(report, report.full ? 20 : 1);
  assert.equal(childrenOfOurs().length, children, "a child, or a zombie, is left");
  assert.equal(descriptorCount(), descriptors, "a descriptor is left");
  report.fact("children before and after", children);
  report.fact("descriptors before and after", descriptors);
  await seeFaults(report);
  report.version("sh", shellVersion());
}

/** Starts them all at once; each prints 64 KiB and exits. */
async function play(
  payload: Buffer,
  howMany: number,
  reading: "read at once" | "read when it has exited",
): Promise<number> {
  using scratch = new Scratch();
  const path = scratch.path("payload");
  writeFileSync(path, payload);
  const endpoint = childProcess({ command: "cat", args: [path], env: "inherit" });
  const one = async (): Promise<CloseReason> => {
    const child = await endpoint.connect(new RecordingProcess());
    if (reading === "read when it has exited") {
      child.transport.pauseProducing();
      await child.exited;
      child.transport.resumeProducing();
    }
    const reason = await child.lost;
    assert.ok(child.bytes.equals(payload), `${child.byteCount} of ${payload.length} bytes`);
    assert.deepEqual(child.calls.slice(-2), ["ended", "lost"]);
    return reason;
  };
  const reasons = await Promise.all(Array.from({ length: howMany }, one));
  for (const { kind, by, ledger } of reasons) {
    assert.deepEqual({ kind, by }, { kind: "done", by: "peer" });
    assert.deepEqual([ledger.received, ledger.delivered], [payload.length, payload.length]);
  }
  return reasons.length;
}

/** Every way in which a child ends. */
async function proveRules(report: ProofReport, rounds: number): Promise<void> {
  for (const { id, rule, check } of PROCESS_RULES) {
    for (let round = 0; round < rounds; round++) await check(childProcess);
    report.log(`${id}: ${rule}`);
  }
  report.count("rules about children", PROCESS_RULES.length);
  report.count("rules held", PROCESS_RULES.length * rounds);
}

/** Children with one fault: the same checks must not hold for them. */
async function seeFaults(report: ProofReport): Promise<void> {
  for (const { caught, fault, start } of BROKEN_PROCESSES) {
    const rule = PROCESS_RULES.find(({ id }) => id === caught);
    await assert.rejects(async () => rule?.check(start), { name: "AssertionError" }, fault);
    closeLeaked();
  }
  report.count("children with one fault, each caught", BROKEN_PROCESSES.length);
}

/** Whose shell it is: what is executable as `sh`. */
function shellVersion(): string {
  return execFileSync("readlink", ["-f", "/bin/sh"], { encoding: "utf8" }).trim();
}
