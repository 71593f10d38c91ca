import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CheckResult, Finding } from "./check-result.ts";
import { listFiles } from "./list-files.ts";
import { readSource } from "./source-text.ts";

/**
 * Ties every promise to its proof, both ways: docstrings, conformance cases, docs/contract.md and
 * broken wires all speak of the same ids.
 *
 * - In a docstring of `src/`, the suite aside: `@clause close.flushes close.twice`, ids to the
 *   line's
 *   end.
 * - In docs/contract.md: every backticked token of the form `room.detail`, letters on both sides of
 *   one dot and a small letter first, such as `close.flushes`, is a case id. What else has that
 *   form
 *   (a file, a method of an object) is written differently there, as `a.b()` or in a code block.
 * - A broken wire names in `caught` the case that must catch it.
 */
export async function checkClauses(root: string): Promise<CheckResult> {
  const suite = await readSuite(root);
  if (suite.cases.size === 0) return { saw: { cases: 0 }, findings: suite.findings };
  const promised = readDocstrings(root);
  const contract = readContract(root);
  const findings = [...suite.findings, ...promised.findings, ...compare(suite, promised, contract)];
  const saw = {
    cases: suite.cases.size,
    docstrings: promised.docstrings,
    rows: contract.size,
    brokenWires: suite.brokenWires.length,
  };
  return { saw, findings };
}

const ID = /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/;
const CONTRACT = "docs/contract.md";

/** Where each id is named. */
type Places = ReadonlyMap<string, string>;

interface Suite {
  readonly cases: ReadonlySet<string>;
  /** The id of the case that must catch each broken wire. */
  readonly brokenWires: readonly string[];
  readonly findings: readonly Finding[];
}

async function readSuite(root: string): Promise<Suite> {
  const path = join(root, "build/src/testing/index.js");
  if (!existsSync(path)) {
    const message = "the suite is not compiled, so that nothing can be compared with it";
    const finding = { rule: "no-suite", where: "src/testing/index.ts", message };
    return { cases: new Set(), brokenWires: [], findings: [finding] };
  }
  const suite = (await import(pathToFileURL(path).href)) as {
    readonly cases?: readonly { readonly id: string; readonly clause: string }[];
    readonly brokenWires?: readonly { readonly caught: string }[];
  };
  const cases = suite.cases ?? [];
  const findings: Finding[] = [];
  const ids = new Set<string>();
  for (const { id, clause } of cases) {
    const where = `case ${id}`;
    if (!ID.test(id)) findings.push({ rule: "bad-id", where, message: "is not `room.detail`" });
    if (ids.has(id)) findings.push({ rule: "twice", where, message: "two cases have this id" });
    if (!clause) findings.push({ rule: "no-sentence", where, message: "says nothing it holds" });
    ids.add(id);
  }
  const brokenWires = (suite.brokenWires ?? []).map(({ caught }) => caught);
  return { cases: ids, brokenWires, findings };
}

function readDocstrings(root: string): {
  readonly places: Places;
  readonly docstrings: number;
  readonly findings: readonly Finding[];
} {
  const places = new Map<string, string>();
  const findings: Finding[] = [];
  let docstrings = 0;
  for (const path of listFiles(root, "src", ".ts")) {
    // A case that names itself promises nothing.
    if (path.startsWith("src/testing/")) continue;
    for (const { text, line } of readSource(readFileSync(join(root, path), "utf8")).comments) {
      for (const [offset, written] of text.split("\n").entries()) {
        const ids = /@clause\b(?<ids>.*?)(?:\*\/)?$/.exec(written)?.groups?.["ids"];
        if (ids === undefined) continue;
        docstrings += 1;
        const where = `${path}:${line + offset}`;
        const words = ids.trim().split(/\s+/);
        for (const word of words) {
          if (ID.test(word)) places.set(word, where);
          else findings.push({ rule: "bad-id", where, message: `@clause names "${word}"` });
        }
      }
    }
  }
  return { places, docstrings, findings };
}

function readContract(root: string): Places {
  const places = new Map<string, string>();
  if (!existsSync(join(root, CONTRACT))) return places;
  let fenced = false;
  for (const [index, line] of readFileSync(join(root, CONTRACT), "utf8").split("\n").entries()) {
    if (line.startsWith("```")) fenced = !fenced;
    if (fenced) continue;
    for (const [, token = ""] of line.matchAll(/`([^`]+)`/g)) {
      if (ID.test(token)) places.set(token, `${CONTRACT}:${index + 1}`);
    }
  }
  return places;
}

function compare(
  { cases, brokenWires }: Suite,
  { places }: { readonly places: Places },
  contract: Places,
): Finding[] {
  const unknown = (ids: Iterable<readonly [id: string, where: string]>): Finding[] =>
    [...ids]
      .filter(([id]) => !cases.has(id))
      .map(([id, where]) => ({ rule: "no-case", where, message: `no case is called ${id}` }));
  const lacking = (rule: string, where: string, has: (id: string) => boolean): Finding[] => {
    const without = [...cases].filter((id) => !has(id));
    if (without.length === 0) return [];
    return [{ rule, where, message: `${without.length} cases: ${without.join(", ")}` }];
  };
  return [
    ...unknown(places),
    ...unknown(contract),
    ...unknown(brokenWires.map((id) => [id, "a broken wire"] as const)),
    ...lacking("no-docstring", "src", (id) => places.has(id)),
    ...lacking("not-in-contract", CONTRACT, (id) => contract.has(id)),
    ...lacking("no-broken-wire", "src/testing", (id) => brokenWires.includes(id)),
  ];
}
