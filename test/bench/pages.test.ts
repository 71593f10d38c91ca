import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { plotOf } from "../../bench/plot.ts";
import { BEGIN, END, sectionOf, withSection } from "../../bench/readme-section.ts";
import type { Absent, Results } from "../../bench/results.ts";
import { joined } from "../../bench/results.ts";
import { tablesOf } from "../../bench/table.ts";
import type { Verdict } from "../../bench/targets.ts";
import { TARGETS, targetTable, verdicts } from "../../bench/targets.ts";
import { workloads } from "../../bench/workloads.ts";
import { reportOf, resultsOf } from "./made-results.ts";

const ECHO: Results = resultsOf("echo-50", {
  "overwall-native": [5, 4, 10],
  "node-net": [10, 12, 10],
  "c-epoll": [5, 4, 5],
});

function rowOf(tables: string, title: string): readonly string[] {
  const row = tables.split("\n").find((line) => line.startsWith(`| ${title} |`));
  assert.ok(row !== undefined, `no row of ${title} in\n${tables}`);
  return row.split("|").map((cell) => cell.trim());
}

test("a table has the median cost and the paired ratios with their ends", () => {
  const [, , cost, overNode, overC] = rowOf(tablesOf(ECHO), "title of overwall-native");
  assert.equal(cost, "5.00");
  assert.equal(overNode, "2.00 [1.00–3.00]");
  assert.equal(overC, "1.00 [0.50–1.00]");
});

test("workloads measured one after the other are one result, if they are of the same code", () => {
  const made = resultsOf("churn", { "overwall-native": [20], go: [30] });
  const [here, there] = [absence("echo-50", "bun"), absence("churn", "bun")];
  const churn = { ...made, command: "npm run bench -- --add", absent: [there] };
  const both = joined({ ...ECHO, absent: [here] }, churn);
  assert.deepEqual(both.absent, [here, there]);
  assert.equal(tablesOf(both).match(/^### /gm)?.length, 2);
  assert.equal(both.command, "npm run bench && npm run bench -- --add");
  assert.deepEqual(Object.keys(both.peers), ["overwall-native", "node-net", "c-epoll", "go"]);
  assert.throws(() => joined(ECHO, { ...churn, commit: "def5678" }), /commit abc1234, not def5678/);
  assert.throws(() => joined(ECHO, ECHO), /echo-50 is in the results already/);
});

test("below a table stands who is not in it, and why", () => {
  const absent = [
    absence("echo-50", "bun"),
    absence("echo-50", "go", "not asked"),
    absence("churn", "deno"),
  ];
  const tables = tablesOf({ ...ECHO, absent });
  assert.match(
    tables,
    /\|\n\nNot here: title of bun \(how to get it\)\. Not asked: title of go\.\n/,
  );
  assert.doesNotMatch(tables, /deno/);
  assert.doesNotMatch(tablesOf(ECHO), /Not here|Not asked/);
});

function absence(workload: string, peer: string, why = "how to get it"): Absent {
  return { workload, peer, title: `title of ${peer}`, why };
}

test("the cheapest comes first, and only workloads that were run have a table", () => {
  const tables = tablesOf(ECHO);
  const first = tables.split("\n").find((line) => line.startsWith("| title of"));
  assert.match(first ?? "", /c-epoll|overwall-native/);
  assert.equal(tables.match(/^### /gm)?.length, 1);
});

test("cycles are compared where every run has them, and CPU time where one has not", () => {
  const counted = resultsOf("echo-50", { a: [5], "node-net": [5] }, { cycles: 7_000_000 });
  assert.match(tablesOf(counted), /cycles \/ echo/);
  assert.equal(rowOf(tablesOf(counted), "title of a")[2], "7000");
  const mixed = { ...counted, runs: [...counted.runs, ...ECHO.runs] };
  assert.match(tablesOf(mixed), /µs CPU \/ echo/);
});

test("what runs on another Node is compared to node:net on that Node", () => {
  const results = resultsOf("churn", {
    "overwall-native@24": [10],
    "node-net": [100],
    "node-net@24": [20],
  });
  assert.equal(rowOf(tablesOf(results), "title of overwall-native@24")[3], "2.00 [2.00–2.00]");
});

test("memory is of each connection, and lost connections are the worst of the runs", () => {
  const idle = resultsOf("idle", { a: [1] }, { rssBeforeBytes: 1024, rssAfterBytes: 1_537_024 });
  assert.equal(rowOf(tablesOf(idle), "title of a")[2], "1.50");
  const many = resultsOf("many", { a: [1] }, { lost: 3, p99Us: 42_000 });
  assert.deepEqual(rowOf(tablesOf(many), "title of a").slice(2, 5), ["3", "0.1", "42.0"]);
});

/** What is said of the targets of a workload that was measured. */
function judged(results: Results, workload: string): readonly Verdict[] {
  const title = workloads.find(({ id }) => id === workload)?.title;
  return verdicts(results).filter((one) => one.workload === title);
}

test("a target is reached by the median of the pairs, or it is said that it is not", () => {
  const found = judged(ECHO, "echo-50").filter(({ isReached }) => isReached !== null);
  assert.deepEqual(
    found.map(({ what, measured, isReached }) => [what, measured, isReached]),
    [
      ["× title of node-net", "2.00", true],
      ["× title of c-epoll", "1.00", true],
    ],
  );
  const slower = resultsOf("echo-50", { "overwall-native": [9], "node-net": [10] });
  assert.equal(judged(slower, "echo-50")[0]?.isReached, false);
});

test("no target is left out: what was not measured is listed, with what there was not", () => {
  assert.equal(verdicts(ECHO).length, TARGETS.length);
  const open = judged(ECHO, "echo-50").filter(({ isReached }) => isReached === null);
  assert.deepEqual(
    open.map(({ what, measured }) => [what, measured]),
    [
      ["× bun", "no run of bun in the same round"],
      ["instructions, × title of c-epoll", "no counters"],
      ["× title of node-net", "no run of overwall-portable"],
    ],
  );
  const rows = targetTable(ECHO).split("\n").slice(2);
  assert.equal(rows.length, TARGETS.length);
  assert.equal(rows.filter((row) => row.endsWith("| not measured |")).length, rows.length - 2);
});

test("who was absent goes by its title in the targets too", () => {
  const targets = judged({ ...ECHO, absent: [absence("echo-50", "bun")] }, "echo-50");
  assert.ok(targets.some(({ what }) => what === "× title of bun"));
});

test("a run's own table of targets is of the workloads it measured", () => {
  const rows = targetTable(ECHO, ["echo-50"]).split("\n").slice(2);
  assert.equal(rows.length, TARGETS.filter(({ workload }) => workload === "echo-50").length);
  assert.equal(targetTable(ECHO, ["echo-1"]), "");
});

test("instructions are judged where the machine counts them, as a multiple of C's", () => {
  const counted = (usEach: number, instructions: number): Results["runs"][number]["report"] =>
    reportOf(usEach, { instructions, cycles: 1 });
  const results: Results = {
    ...ECHO,
    runs: [
      { workload: "echo-50", peer: "overwall-native", round: 0, report: counted(1, 13_000) },
      { workload: "echo-50", peer: "c-epoll", round: 0, report: counted(1, 10_000) },
    ],
  };
  const verdict = judged(results, "echo-50").find(({ what }) => what.startsWith("instructions"));
  assert.deepEqual(
    [verdict?.wanted, verdict?.measured, verdict?.isReached],
    ["≤ 1.2", "1.30", false],
  );
});

test("the bounds that hang on splice, on borrowing and on counters are among the targets", () => {
  const wanted = (workload: string): readonly string[] =>
    judged(ECHO, workload).map(({ peer, what, wanted }) => `${peer}: ${what} ${wanted}`);
  assert.ok(
    wanted("relay-bulk").includes("title of overwall-native: × title of node-net, by splice ≥ 3"),
  );
  assert.ok(wanted("bulk-in-borrowed").includes("overwall-portable: × title of node-net ≥ 0.95"));
  for (const workload of ["echo-50", "echo-1000"]) {
    assert.ok(
      wanted(workload).includes("title of overwall-native: instructions, × title of c-epoll ≤ 1.2"),
    );
  }
});

test("the section says when, where and how its figures were made", () => {
  const section = sectionOf(ECHO, "plot.svg", "tables.md");
  for (const fact of ["2026-11-23", "a processor", "npm run bench", "Node 20.19.0", "tables.md"]) {
    assert.ok(section.includes(fact), `${fact} is missing in\n${section}`);
  }
  assert.match(section, /\| echo 64 B, 50 connections \| 2\.00 \[1\.00–3\.00\] \|/);
});

test("writing the section twice leaves the page as once, and all around it as it was", () => {
  const page = `before\n${BEGIN}\nold\n${END}\nafter\n`;
  const once = withSection(page, "new");
  assert.equal(once, `before\n${BEGIN}\nnew\n${END}\nafter\n`);
  assert.equal(withSection(once, "new"), once);
});

test("a page without the marks, or with one twice, is refused", () => {
  assert.throws(() => withSection("no marks", "new"), /once each/);
  assert.throws(() => withSection(`${END}\n${BEGIN}`, "new"), /once each/);
  assert.throws(() => withSection(`${BEGIN}${BEGIN}${END}`, "new"), /once each/);
});

test("README.md has the marks", () => {
  const page = readFileSync("README.md", "utf8");
  assert.equal(page.split(BEGIN).length, 2);
  assert.equal(page.split(END).length, 2);
});

test("a plot has a bar for everybody who was measured, and is a well-formed picture", () => {
  const plot = plotOf(ECHO, "node-net");
  for (const peer of Object.values(ECHO.peers)) assert.ok(plot.includes(`>${peer}<`), peer);
  assert.equal(plot.match(/<rect /g)?.length, 1 + Object.keys(ECHO.peers).length);
  assert.equal(plot.match(/<text /g)?.length, plot.match(/<\/text>/g)?.length);
  assert.doesNotMatch(plot, /NaN|Infinity|undefined/);
});
