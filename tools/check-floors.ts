import type { CheckResult, Finding } from "./check-result.ts";
import { findCycles } from "./find-cycles.ts";
import { findGlobals } from "./find-globals.ts";
import {
  areStrangers,
  DOORS,
  FLOORS,
  FRONT_DOOR,
  floorOf,
  NAME_EXCEPTIONS,
  NODE_BRIDGE,
  NODE_NAMES,
  OPEN_IMPORTS,
  RUNS_SUITE,
  roomOf,
  roomSees,
  SUITE,
  TIME_NAMES,
} from "./floors.ts";
import type { Edge, ModuleFile, ModuleGraph } from "./module-graph.ts";
import { entryPoints, readModuleGraph } from "./module-graph.ts";

/** Holds `src/` of the project at `root` to its floors: who may see whom, and what each may use. */
export function checkFloors(root: string): CheckResult {
  const graph = readModuleGraph(root);
  const entries = entryPoints(root);
  const findings: Finding[] = [];
  let imports = 0;
  for (const file of graph.values()) {
    imports += file.edges.length;
    if (roomOf(file.path) === null) {
      findings.push({
        rule: "unknown-room",
        where: file.path,
        message: "this folder is on no floor; give it one in tools/floors.ts",
      });
      continue;
    }
    for (const edge of file.edges) {
      const fault = faultOf(file.path, edge, graph);
      if (fault !== undefined) findings.push({ where: `${file.path}:${edge.line}`, ...fault });
    }
    findings.push(...findForbiddenNames(file));
  }
  findings.push(...findCircles(graph), ...findOrphans(graph, entries));
  return { saw: { files: graph.size, imports, entries: entries.length }, findings };
}

type Fault = Omit<Finding, "where"> | undefined;

const SYSTEM_FLOOR = FLOORS.findIndex((rooms) => rooms.includes("wires"));

/** Whether a file must run anywhere: in a browser, and in a simulation. */
function mustRunAnywhere(path: string): boolean {
  const room = roomOf(path) ?? "";
  return room !== FRONT_DOOR && (room === SUITE || floorOf(room) < SYSTEM_FLOOR);
}

function faultOf(path: string, edge: Edge, graph: ModuleGraph): Fault {
  if (edge.specifier === null) {
    if (OPEN_IMPORTS.some((open) => open.test(path))) return undefined;
    return { rule: "computed-import", message: "imports what cannot be checked; name the file" };
  }
  if (edge.target === null) return faultOfPackage(path, edge.specifier);
  if (!graph.has(edge.target)) {
    return { rule: "unresolved", message: `"${edge.specifier}" leads to no file of src/` };
  }
  return faultOfNeighbour(path, edge.target);
}

function faultOfPackage(path: string, specifier: string): Fault {
  if (specifier.startsWith("node:")) {
    if (!mustRunAnywhere(path) || NODE_BRIDGE.test(path)) return undefined;
    return { rule: "runs-in-a-browser", message: `"${specifier}" exists on Node alone` };
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (DOORS[name]?.some((door) => door.test(path))) return undefined;
  return { rule: "one-door", message: `"${name}" is not to be imported from here` };
}

function faultOfNeighbour(path: string, target: string): Fault {
  const from = roomOf(path) ?? "";
  const to = roomOf(target);
  if (to === null) return undefined;
  if (to === SUITE && from !== SUITE) {
    if (RUNS_SUITE.test(path)) return undefined;
    return {
      rule: "only-conform-tests",
      message: `${target} is for tests; only conform and the tour run it`,
    };
  }
  if (!roomSees(from, to)) {
    return { rule: "looks-only-down", message: `${from} may not see ${target} (${to})` };
  }
  if (areStrangers(path, target)) {
    return { rule: "strangers", message: `${target} belongs to another; share it in a _ folder` };
  }
  return undefined;
}

function findForbiddenNames({ path, source }: ModuleFile): Finding[] {
  const room = roomOf(path);
  const names = new Set<string>();
  if (room !== "cli") names.add("console");
  if (mustRunAnywhere(path)) for (const name of NODE_NAMES) names.add(name);
  if (mustRunAnywhere(path) && room !== SUITE) {
    for (const name of [...TIME_NAMES, "Math.random"]) names.add(name);
  }
  for (const name of NAME_EXCEPTIONS[path] ?? []) names.delete(name);
  if (NODE_BRIDGE.test(path)) names.delete("Buffer");
  return findGlobals(source, names).map(({ name, line }) => ({
    rule: name === "console" ? "no-console" : "no-ambient",
    where: `${path}:${line}`,
    message:
      name === "console"
        ? "only commands speak to the terminal"
        : `${name} is not to be had here: time, luck and the system come as arguments`,
  }));
}

/** Circles of types are no circles: they vanish when compiled. */
function findCircles(graph: ModuleGraph): Finding[] {
  const edges = new Map<string, string[]>();
  for (const { path, edges: all } of graph.values()) {
    const solid = all.filter(({ kind }) => kind === "value" || kind === "dynamic");
    edges.set(
      path,
      solid.flatMap(({ target }) => target ?? []),
    );
  }
  return findCycles(edges).map((circle) => ({
    rule: "no-circles",
    where: circle[0] ?? "",
    message: `these import each other: ${circle.join(", ")}`,
  }));
}

function findOrphans(graph: ModuleGraph, entries: readonly string[]): Finding[] {
  const missing = entries.filter((entry) => !graph.has(entry));
  const reached = new Set<string>();
  const waiting = entries.filter((entry) => graph.has(entry));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target } of graph.get(path)?.edges ?? [])
      if (target !== null) waiting.push(target);
  }
  return [
    ...missing.map((entry) => ({
      rule: "missing-entry",
      where: entry,
      message: "package.json names what it compiles to, and it is not there",
    })),
    ...[...graph.keys()]
      .filter((path) => !reached.has(path))
      .map((path) => ({
        rule: "nothing-is-forgotten",
        where: path,
        message: "no entry point of package.json leads here",
      })),
  ];
}
