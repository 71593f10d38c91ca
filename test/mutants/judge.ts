import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Link from "../../src/memory/link.ts";
import type * as Testing from "../../src/testing/index.ts";
import { inBatches } from "./batched-wire.ts";

/**
 * Runs in a process of its own: `judge.js suite FOLDER` or `judge.js flow FOLDER`, on the compiled
 * copy in the folder. Prints a line `not ok - NAME` for what fails.
 */
async function judge(by: string, folder: string): Promise<void> {
  if (by === "suite") await judgeBySuite(folder);
  else await judgeByFlowTests(folder);
}

/** The conformance suite over two loopbacks; the two orientations of one are the same. */
async function judgeBySuite(folder: string): Promise<void> {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, path)).href);
  const { conformance, loopbackWire } = (await load("src/testing/index.js")) as typeof Testing;
  const { joinPlainly } = (await load("src/memory/link.js")) as typeof Link;
  const wires = [
    loopbackWire(),
    loopbackWire({ name: "loopback in batches", join: inBatches(joinPlainly) }),
  ];
  const all = wires.flatMap((wire) => conformance(wire, { watchdogMs: 5000 }));
  for (const { name, skip, run } of all) {
    if (skip !== undefined || name.endsWith("(right→left)")) continue;
    try {
      await run();
    } catch {
      process.stdout.write(`not ok - ${name.replace(" (left→right)", "")}\n`);
      process.exit(1);
    }
  }
  process.exit(0);
}

async function judgeByFlowTests(folder: string): Promise<void> {
  const tests = join(folder, "test/flow");
  for (const name of readdirSync(tests)) {
    if (name.endsWith(".test.js")) await import(pathToFileURL(join(tests, name)).href);
  }
}

const [by = "", folder = ""] = process.argv.slice(2);
await judge(by, folder);
