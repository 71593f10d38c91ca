import { existsSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { listFiles } from "./list-files.ts";
import { TestTally } from "./test-tally.ts";

/**
 * Runs the compiled tests: all of them, or the files that contain one of the words given; those of
 * sockets once more on the portable driver, where the native one was compiled. Ends with one line
 * of the form `N passed, N failed, N skipped`.
 */
async function runTests(words: readonly string[]): Promise<void> {
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
  // What a layer was lent and said it has not kept is overwritten: who keeps it shall see it.
  process.env["OVERWALL_POISON"] = "on";
  const tally = new TestTally();
  await runFiles(files, tally);
  const again = isNativeBuilt() ? files.filter((path) => ON_BOTH_DRIVERS.test(path)) : [];
  if (again.length > 0) {
    process.stdout.write(`\n${again.length} files once more, on the portable driver\n\n`);
    process.env["OVERWALL_DRIVER"] = "portable";
    await runFiles(again, tally);
  }
  process.stdout.write(tally.report(files.length));
  process.exitCode = tally.isGood ? 0 : 1;
}

function runFiles(files: readonly string[], tally: TestTally): Promise<void> {
  const events = run({ files: [...files], concurrency: CONCURRENCY, timeout: FILE_MAX_MS });
  tally.watch(events);
  const shown = events.compose(new spec());
  shown.pipe(process.stdout, { end: false });
  return new Promise((resolve) => shown.once("end", resolve));
}

function isNativeBuilt(): boolean {
  return existsSync(`native/build/${process.platform}-${process.arch}.node`);
}

/** What stands on sockets, pipes or terminals of the system. */
const ON_BOTH_DRIVERS = new RegExp(
  "^build/test/(wires/|conformance/(tcp|unix|process|stdio|tls-tcp)|join/(relay|join-process)|" +
    "cli/(exit-code|traffic)|interop/pipelines)",
);

const CONCURRENCY = 2;

/** A file that takes longer has left something running. */
const FILE_MAX_MS = 600_000;

await runTests(process.argv.slice(2));
