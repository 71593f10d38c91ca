import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Which version of a package is installed. */
export function versionOf(name: string): string {
  const text = readFileSync(require.resolve(`${name}/package.json`), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
