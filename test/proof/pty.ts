import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fetchPackage } from "../../tools/fetched-package.ts";
import type { ProofReport } from "../../tools/proof.ts";
import type { Runtime } from "../../tools/runtimes.ts";
import { fetchRuntime, isThisNode, nameOf, PINNED, thisNode } from "../../tools/runtimes.ts";
import { runToEnd } from "../interop/program.ts";
import { holdBack } from "./pty/hold-back.ts";
import type { PrinterName, ReadAll } from "./pty/read-all.ts";

export const title =
  "A program on a terminal loses no output, however late it is read, and is held back by a slow reader";

/** How often each is run: on Node, on other runtimes, and with reduced counts. */
const COUNTS: Readonly<Record<PrinterName, readonly [node: number, other: number, few: number]>> = {
  "echo of 20 KiB": [1000, 100, 30],
  "echo of 3 KiB": [600, 60, 15],
  "5 MiB": [100, 10, 3],
};

export async function prove(report: ProofReport): Promise<void> {
  await loseNothing(report, thisNode);
  if (report.full) {
    const nodes = [thisNode];
    for (const pinned of PINNED.filter((one) => !isThisNode(one))) {
      const runtime = await fetchRuntime(process.cwd(), pinned);
      if (runtime instanceof Error) {
        report.fact(`absent: ${nameOf(pinned)}`, runtime.message);
        continue;
      }
      await loseNothing(report, runtime);
      if (pinned.kind === "node") nodes.push(runtime);
    }
    await failWithout(report, nodes);
  }
  await holdBack(report);
}

async function loseNothing(report: ProofReport, runtime: Runtime): Promise<void> {
  const isNode = runtime.name.startsWith("node");
  let afterExit = 0;
  for (const [what, counts] of Object.entries(COUNTS)) {
    const count = counts[report.full ? (isNode ? 0 : 1) : 2] as number;
    const read = await readOn(runtime, what as PrinterName, count);
    report.count(`${runtime.name}: runs of ${what}`, count);
    report.fact(`${runtime.name}: ${what}: runs read after the exit`, read.afterExit);
    report.fact(`${runtime.name}: ${what}: runs that came short`, read.short);
    assert.equal(read.short, 0, `${what} came short on ${runtime.name}`);
    afterExit += read.afterExit;
  }
  assert.ok(afterExit > 0, `none was read after its exit on ${runtime.name}`);
}

/** The control: what is used today, read in the same ways. */
async function failWithout(report: ProofReport, nodes: readonly Runtime[]): Promise<void> {
  // The same code as in node-pty, compiled beforehand.
  const wanted = { name: "@lydell/node-pty", version: "1.1.0" };
  const folder = await fetchPackage(process.cwd(), wanted);
  if (folder instanceof Error) {
    report.fact("absent: node-pty, the control", folder.message);
    return;
  }
  report.version("node-pty", `${wanted.name} ${wanted.version}`);
  for (const runtime of nodes) {
    let short = 0;
    for (const what of ["echo of 20 KiB", "echo of 3 KiB"] as const) {
      const read = await readOn(runtime, what, CONTROL_COUNT, folder);
      report.fact(`node-pty on ${runtime.name}: ${what}: short of ${CONTROL_COUNT}`, read.short);
      short += read.short;
    }
    assert.ok(short > 0, `node-pty lost nothing on ${runtime.name}: the runs prove nothing`);
  }
}

const CONTROL_COUNT = 60;

async function readOn(
  { program, run, name }: Runtime,
  what: PrinterName,
  count: number,
  folder?: string,
): Promise<ReadAll> {
  const script = fileURLToPath(new URL("pty/read-all-program.js", import.meta.url));
  const args = [...run, script, what, String(count), ...(folder === undefined ? [] : [folder])];
  const { status, signal, stdout, stderr } = await runToEnd(program, args);
  assert.equal(status, 0, `${name} ended with ${status ?? signal}:\n${stderr}`);
  return JSON.parse(stdout) as ReadAll;
}
