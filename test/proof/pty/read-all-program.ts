import type { PrinterName } from "./read-all.ts";
import { PRINTERS, readAll } from "./read-all.ts";
import { readByNodePty } from "./read-by-node-pty.ts";

// PRINTER COUNT [FOLDER]: prints what came of so many runs, on whatever runtime runs this; through
// the node-pty in FOLDER, or through ours.
const [name = "", count = "0", folder] = process.argv.slice(2);
const printer = PRINTERS[name as PrinterName];
const result =
  folder === undefined
    ? await readAll(printer, Number(count))
    : await readByNodePty(folder, printer, Number(count));
process.stdout.write(`${JSON.stringify(result)}\n`);
// Terminals that node-pty has not let go of would keep it.
if (folder !== undefined) process.exit();
