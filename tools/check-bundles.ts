import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join } from "node:path";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import type { CheckResult, Finding } from "./check-result.ts";
import { listFiles } from "./list-files.ts";
import type { Ratchet } from "./ratchet.ts";

/**
 * Bundles what must run in a browser, and weighs it. Each key of the budget is in `dist/`;
 * `index.js` is the package's front door, whose wires of the system a browser gets refusals for.
 */
export async function checkBundles(
  root: string,
  { bundleBytes }: Pick<Ratchet, "bundleBytes">,
): Promise<CheckResult> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  let bundles = 0;
  let modules = 0;
  for (const [part, most] of Object.entries(bundleBytes)) {
    const where = `dist/${part}`;
    const files = filesOf(root, part);
    if (files.length === 0) {
      findings.push({ rule: "nothing-to-bundle", where, message: "no compiled file is there" });
      continue;
    }
    const bundled = await bundle(root, files).catch((error: Error) => error);
    if (bundled instanceof Error) {
      findings.push({ rule: "does-not-bundle", where, message: bundled.message });
      continue;
    }
    const { bytes, inputs, ambient } = bundled;
    bundles += 1;
    modules += inputs;
    notes.push(`${part}: ${bytes} of ${most} bytes, ${inputs} modules`);
    for (const message of ambient) findings.push({ rule: "runs-in-a-browser", where, message });
    if (bytes > most) {
      findings.push({ rule: "over-budget", where, message: `${bytes} bytes, more than ${most}` });
    }
  }
  return { saw: { bundles, modules }, findings, notes };
}

/** A folder's front file; where it has none, all its files but those for Node. */
function filesOf(root: string, part: string): string[] {
  if (part.endsWith(".js")) return existsSync(join(root, `dist/${part}`)) ? [`dist/${part}`] : [];
  const front = `dist/${part}/index.js`;
  if (part !== "bridges" && existsSync(join(root, front))) return [front];
  return listFiles(root, `dist/${part}`, ".js").filter(
    (path) => !basename(path).startsWith("node-") && path !== front,
  );
}

interface Bundle {
  readonly bytes: number;
  readonly inputs: number;
  /** What it asks of its surroundings and a browser does not have. */
  readonly ambient: readonly string[];
}

async function bundle(root: string, files: readonly string[]): Promise<Bundle> {
  const ambient: string[] = [];
  const outsiders: Plugin = {
    name: "outsiders",
    setup: (setup) => {
      setup.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        const isBuiltin = path.startsWith("node:") || builtinModules.includes(path);
        const from = importer.slice(root.length + 1);
        ambient.push(`${from} imports "${path}"${isBuiltin ? "" : ", a package"}`);
        return { path, external: true };
      });
    },
  };
  const contents = files.map((path) => `export * from "./${path}";`).join("\n");
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    plugins: [outsiders],
  });
  const bytes = outputFiles.reduce((sum, { contents: output }) => sum + output.length, 0);
  return { bytes, inputs: Object.keys(metafile.inputs).length - 1, ambient };
}
