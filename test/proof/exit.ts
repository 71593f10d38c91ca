import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pattern } from "../../src/testing/pattern.ts";
import type { ProofReport } from "../../tools/proof.ts";
import type { OutputKind, Printed } from "./exit/slow-pipe.ts";
import { runSlowlyRead } from "./exit/slow-pipe.ts";

export const title =
  "A mebibyte through our standard streams to a slow reader is whole when the program ends";

export const needs: readonly string[] = ["mkfifo"];

const PAYLOAD = Buffer.from(pattern(2 ** 20));
const PRINTER = fileURLToPath(new URL("exit/printer.js", import.meta.url));
const REST_MS = 3;
/** How many programs run at once. */
const AT_ONCE = 3;

export async function prove(report: ProofReport): Promise<void> {
  const runs = report.full ? 100 : 3;
  const rows = [
    ["return", "pipe", 0, "main returns"],
    ["return", "socket", 0, "main returns, output is a socket"],
    ["finish", "pipe", 3, "finishStdio(3) is awaited, then process.exit()"],
  ] as const;
  for (const [way, kind, status, words] of rows) {
    const printed = await printMany(way, kind, runs);
    for (const { bytes, ...rest } of printed) {
      assert.equal(bytes.length, PAYLOAD.length, words);
      assert.ok(bytes.equals(PAYLOAD), words);
      assert.deepEqual(rest, { status, stderr: "" }, words);
    }
    report.count(`whole: ${words}`, printed.length);
  }
  await seeControlFail(report, report.full ? 20 : 2);
}

/** `process.stdout.write` and `process.exit`: the check above must not hold for it. */
async function seeControlFail(report: ProofReport, runs: number): Promise<void> {
  const printed = await printMany("naive", "pipe", runs);
  const lengths = printed.map(({ bytes }) => bytes.length);
  const short = lengths.filter((length) => length < PAYLOAD.length);
  report.count("process.stdout.write, then process.exit: runs", runs);
  report.count("process.stdout.write, then process.exit: seen short", short.length);
  report.fact("process.stdout.write, then process.exit: fewest bytes", Math.min(...lengths));
  assert.equal(short.length, runs, "the check holds for process.exit as well");
  assert.ok(
    printed.every(({ status }) => status === 0),
    "and nobody is told",
  );
}

async function printMany(way: string, kind: OutputKind, runs: number): Promise<Printed[]> {
  const printed: Printed[] = [];
  let left = runs;
  const work = async (): Promise<void> => {
    while (left-- > 0) printed.push(await runSlowlyRead([PRINTER, way], kind, REST_MS));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return printed;
}
