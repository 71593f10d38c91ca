import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Import } from "./find-imports.ts";
import { findImports } from "./find-imports.ts";
import { listFiles } from "./list-files.ts";
import type { SourceText } from "./source-text.ts";
import { readSource } from "./source-text.ts";

export interface Edge extends Import {
  /** The file it leads to, as a path from the root; null for a package or a built-in module. */
  readonly target: string | null;
}

export interface ModuleFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly source: SourceText;
  readonly edges: readonly Edge[];
}

export type ModuleGraph = ReadonlyMap<string, ModuleFile>;

/** Every file of `src/`, with what it imports. */
export function readModuleGraph(root: string): ModuleGraph {
  const graph = new Map<string, ModuleFile>();
  for (const path of listFiles(root, "src", ".ts")) {
    const source = readSource(readFileSync(join(root, path), "utf8"));
    const edges = findImports(source).map((found) => ({
      ...found,
      target: targetOf(path, found),
    }));
    graph.set(path, { path, source, edges });
  }
  return graph;
}

/** The source files behind `exports`, `browser` and `bin` of package.json. */
export function entryPoints(root: string): string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { exports, browser, bin } = manifest as Readonly<Record<string, unknown>>;
  const outputs = [...leaves(exports), ...leaves(browser), ...leaves(bin)]
    .map((path) => posix.normalize(path))
    .filter((path) => path.endsWith(".js"));
  return [...new Set(outputs.map((path) => path.replace(/^dist\//, "src/").replace(/js$/, "ts")))];
}

function targetOf(from: string, { kind, specifier }: Import): string | null {
  if (specifier === null || !/^\.{1,2}\//.test(specifier)) return null;
  const path = posix.join(posix.dirname(from), specifier);
  return kind === "url" ? path.replace(/\.js$/, ".ts") : path;
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(leaves);
}
