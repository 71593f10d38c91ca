import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { ProofReport } from "../../tools/proof.ts";
import type { Runtime } from "../../tools/runtimes.ts";
import {
  cachedRuntime,
  fetchRuntime,
  isThisNode,
  nameOf,
  PINNED,
  thisNode,
} from "../../tools/runtimes.ts";
import { runToEnd } from "../interop/program.ts";

export const title =
  "The native driver keeps the contract on every runtime: the suites and the tests of its wires";

const SUITES: readonly string[] = [
  "conformance/tcp",
  "conformance/unix",
  "conformance/pty",
  "wires/tcp/tcp",
  "wires/tcp/detach",
  "wires/unix/unix",
  "wires/unix/descriptors",
  "wires/pty/pty",
];

/** Quick ones. */
const FEW: readonly string[] = ["wires/tcp/detach", "wires/unix/descriptors"];

export async function prove(report: ProofReport): Promise<void> {
  const find = report.full ? fetchRuntime : cachedRuntime;
  await holdOn(report, thisNode);
  for (const pinned of PINNED.filter((one) => !isThisNode(one))) {
    const runtime = await find(process.cwd(), pinned);
    if (runtime instanceof Error) report.fact(`absent: ${nameOf(pinned)}`, runtime.message);
    else await holdOn(report, runtime);
  }
}

async function holdOn(report: ProofReport, { name, program, test }: Runtime): Promise<void> {
  let held = 0;
  for (const suite of report.full ? SUITES : FEW) {
    const file = fileURLToPath(new URL(`../${suite}.test.js`, import.meta.url));
    // Inside a test, a test would tell its results in another way.
    const args = ["-u", "NODE_TEST_CONTEXT", program, ...test, file];
    const { status, stdout, stderr } = await runToEnd("env", args, {
      env: { OVERWALL_DRIVER: "native" },
    });
    assert.equal(status, 0, `${suite} on ${name}:\n${stdout}${stderr}`);
    const passed = passedIn(stdout + stderr);
    assert.ok(passed > 0, `${suite} on ${name} told of nothing:\n${stdout}${stderr}`);
    held += passed;
  }
  report.count(`tests that held on ${name}`, held);
}

/** As Node's, Bun's and Deno's runners print it. */
function passedIn(output: string): number {
  const found =
    /^# pass (\d+)$/m.exec(output) ??
    /^ *(\d+) pass$/m.exec(output) ??
    /\| \d+ passed \((\d+) steps?\)/.exec(output) ??
    /\| (\d+) passed/.exec(output);
  return Number(found?.[1] ?? 0);
}
