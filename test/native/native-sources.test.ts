import assert from "node:assert/strict";
import { after, test } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { runToEnd } from "../interop/program.ts";
import { heldBy, NativeBuild, nativePrograms, SANITIZED } from "./native-programs.ts";

// The compiled part is tested where it stands, without Node: each program checks one source, counts
// its descriptors, and is watched over by sanitizers, then by valgrind.
const build = new NativeBuild();
after(() => build[Symbol.dispose]());

const programs = nativePrograms();

test("there are programs that test the compiled part", () => {
  assert.ok(programs.length >= 4, programs.join());
});

function skipWithout(...names: readonly string[]): string | false {
  if (process.platform !== "linux") return "the compiled part is made for Linux";
  const missing = missingPrograms(names);
  return missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
}

for (const program of programs) {
  test(`${program}.c holds under sanitizers`, { skip: skipWithout("gcc") }, async (context) => {
    const held = await heldBy(await build.compile(program, SANITIZED), []);
    assert.ok(held > 0);
    context.diagnostic(`${held} tests of ${program}.c`);
  });

  const skip = skipWithout("gcc", "valgrind");
  test(`${program}.c holds under valgrind`, { skip }, async (context) => {
    const lacks = program === "terminal" ? await valgrindLacksPidfd() : null;
    if (lacks !== null) return context.skip(lacks);
    const path = await build.compile(`${program}`, ["-O1"]);
    const watch = ["--quiet", "--error-exitcode=99", "--leak-check=full"];
    const held = await heldBy("valgrind", [...watch, "--show-leak-kinds=all", path]);
    assert.ok(held > 0);
  });
}

/**
 * Null where the valgrind that is here lets a program watch its children by a descriptor; those of
 * terminals cannot start any without. What starts none is tested under each (terminal-calls.c).
 */
async function valgrindLacksPidfd(): Promise<string | null> {
  const probe = await build.compilePeer("knows-pidfd-open");
  const { status } = await runToEnd("valgrind", ["--quiet", probe]);
  if (status === 0) return null;
  const { stdout } = await runToEnd("valgrind", ["--version"]);
  return `${stdout.trim()} knows no pidfd_open`;
}
