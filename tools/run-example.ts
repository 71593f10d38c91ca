import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { listFiles } from "./list-files.ts";

/** `npm run example -- NAME`: runs the one of examples/ that is called so. */
const root = process.cwd();
const names = listFiles(root, "examples", ".ts").map((path) => basename(path, ".ts"));
const name = basename(process.argv[2] ?? "", ".ts");
if (names.includes(name)) {
  await import(pathToFileURL(join(root, "build/examples", `${name}.js`)).href);
} else {
  process.stderr.write(`Cannot run an example: name one of\n  ${names.join("\n  ")}\n`);
  process.exitCode = 2;
}
