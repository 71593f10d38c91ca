import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { ProofReport } from "../../tools/proof.ts";
import { runToEnd } from "../interop/program.ts";
import { PROXIES } from "../interop/proxies.ts";
import { OVERWALL } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";

export const title =
  "conform --through finds the late reply lost in socat and in a naive pipe, and HAProxy without fault";

export const needs: readonly string[] = ["socat", "haproxy"];

/** Which rules each of them breaks. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "naive pipe": ["halfClose.lateReply"],
  socat: ["halfClose.lateReply"],
  haproxy: [],
};

export async function prove(report: ProofReport): Promise<void> {
  report.version("socat", versionOf("socat", "-V"));
  report.version("haproxy", versionOf("haproxy", "-v"));
  const verdicts = await Promise.all(
    Object.keys(EXPECTED).map(async (name) => [name, await conformThrough(name)] as const),
  );
  for (const [name, { broken, held, status }] of verdicts) {
    report.count(`${name}: checks held`, held);
    report.fact(`${name}: rules broken`, broken.join(", ") || "none");
    report.fact(`${name}: exit code of conform`, String(status));
  }
  for (const [name, { broken, held, status }] of verdicts) {
    assert.deepEqual(broken, EXPECTED[name], name);
    assert.equal(status, broken.length === 0 ? 0 : 1, name);
    assert.ok(held > 0, name);
  }
}

/** The first line with a number in it that the program says of itself. */
function versionOf(command: string, option: string): string {
  const shown = execFileSync(command, [option], { encoding: "utf8" });
  return shown.split("\n").find((line) => /\d+\.\d+/.test(line)) ?? "unknown";
}

interface Verdict {
  readonly held: number;
  readonly broken: readonly string[];
  readonly status: number | null;
}

/** What `overwall conform --through` says of a proxy. */
async function conformThrough(name: string): Promise<Verdict> {
  using scratch = new Scratch();
  const ports = { listen: await freePort(), target: await freePort(), scratch };
  await using _proxy = await PROXIES[name]?.(ports);
  const through = `tcp://127.0.0.1:${ports.listen}=tcp://127.0.0.1:${ports.target}`;
  const args = [OVERWALL, "conform", "--json", "--through", through];
  const { status, stdout, stderr } = await runToEnd(process.execPath, args);
  assert.equal(stderr, "");
  const cases = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CaseEvent)
    .filter(({ event }) => event === "case");
  const broken = cases.filter(({ outcome }) => outcome === "failed").map(({ id }) => id);
  const held = cases.filter(({ outcome }) => outcome === "passed").length;
  return { held, broken: [...new Set(broken)].sort(), status };
}

interface CaseEvent {
  readonly event: string;
  readonly id: string;
  readonly outcome: string;
}
