import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** A page of docs that is drawn from the code. */
export interface DrawnPage {
  /** From the project's root. */
  readonly place: string;
  readonly draw: () => string;
}

/** For a script that draws a page: writes it, or with `--check` fails when it is out of date. */
export function writeDrawnPage(script: string, { place, draw }: DrawnPage): void {
  const [, started = "", ...args] = process.argv;
  if (script !== pathToFileURL(started).href) return;
  const drawn = draw();
  if (!args.includes("--check")) {
    writeFileSync(place, drawn);
  } else if (readFileSync(place, "utf8") !== drawn) {
    process.exitCode = 1;
    process.stderr.write(`${place} is out of date; run node ${started}\n`);
  }
}
