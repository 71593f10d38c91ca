import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { listFiles } from "./list-files.ts";
import type { Proof } from "./proof.ts";

/** The names of all proofs, as compiled beneath `root`. */
export function proofNames(root: string): string[] {
  return listFiles(root, FOLDER, ".js")
    .filter((path) => path.split("/").length === FOLDER.split("/").length + 1)
    .map((path) => basename(path, ".js"))
    .filter((name) => !name.endsWith(".test"));
}

const FOLDER = "build/test/proof";

export async function loadProof(root: string, name: string): Promise<Proof> {
  const module: unknown = await import(pathToFileURL(join(root, FOLDER, `${name}.js`)).href);
  const { title, prove } = module as Partial<Proof>;
  if (typeof title !== "string" || typeof prove !== "function") {
    throw new TypeError(`Cannot use test/proof/${name}.ts: it must export title and prove`);
  }
  return module as Proof;
}
