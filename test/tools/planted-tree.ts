import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files by path from the root. */
export type Tree = Readonly<Record<string, string>>;

/** Gives `look` a temporary folder with these files in it, and removes it afterwards. */
export async function withTree<T>(tree: Tree, look: (root: string) => T): Promise<Awaited<T>> {
  const root = mkdtempSync(join(tmpdir(), "overwall-tree-"));
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return await look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
