import { run } from "node:test";
import { spec } from "node:test/reporters";
import { listFiles } from "./list-files.ts";
import { TestTally } from "./test-tally.ts";

/**
 * Runs the compiled tests: all of them, or the files that contain one of the words given. Ends with
 * one
 * line of the form `N passed, N failed, N skipped`.
 */
function runTests(words: readonly string[]): void {
  const files = listFiles(".", "build/test", ".test.js").filter(
    (path) => words.length === 0 || words.some((word) => path.includes(word)),
  );
  if (files.length === 0) {
    process.stdout.write(
      "no test file was found; is build/ compiled?\n0 passed, 0 failed, 0 skipped\n",
    );
    process.exitCode = 1;
    return;
  }
  const tally = new TestTally();
  const events = run({ files, concurrency: CONCURRENCY, timeout: FILE_MAX_MS });
  tally.watch(events);
  const shown = events.compose(new spec());
  shown.pipe(process.stdout, { end: false });
  shown.once("end", () => {
    process.stdout.write(tally.report(files.length));
    process.exitCode = tally.isGood ? 0 : 1;
  });
}

const CONCURRENCY = 2;

/** A file that takes longer has left something running. */
const FILE_MAX_MS = 600_000;

runTests(process.argv.slice(2));
