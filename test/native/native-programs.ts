import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runToEnd } from "../interop/program.ts";

const FOLDER = "native/test";
/** What needs Node to run. */
const NOT_ALONE = /^(addon.*|wakeup)\.c$/;

/** The C programs that test the compiled part without Node, each one of its sources or a part. */
export function nativePrograms(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith("test-") && name.endsWith(".c"))
    .map((name) => basename(name, ".c").slice("test-".length));
}

/** Finds what no check of its own would: memory used wrongly, and arithmetic that C leaves open. */
export const SANITIZED: readonly string[] = [
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
];

/** A folder for compiled programs, removed when disposed. */
export class NativeBuild implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "overwall-native-"));

  /** Compiles one, and answers where it is. */
  async compile(program: string, flags: readonly string[]): Promise<string> {
    const sources = readdirSync("native/src")
      .filter((name) => name.endsWith(".c") && !NOT_ALONE.test(name))
      .map((name) => join("native/src", name));
    const output = join(this.#folder, program);
    const warnings = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
    const input = join(FOLDER, `test-${program}.c`);
    const libraries = ["-lutil", "-lpthread"];
    const args = [...warnings, "-g", ...flags, input, ...sources, "-o", output, ...libraries];
    const { status, stderr } = await runToEnd("gcc", args);
    if (status !== 0) throw new Error(`Cannot compile ${input}: gcc says\n${stderr}`);
    return output;
  }

  /** Compiles a program that others talk to. */
  async compilePeer(name: string): Promise<string> {
    const output = join(this.#folder, name);
    const input = join(FOLDER, `${name}.c`);
    const { status, stderr } = await runToEnd("gcc", ["-O1", "-Wall", input, "-o", output]);
    if (status !== 0) throw new Error(`Cannot compile ${input}: gcc says\n${stderr}`);
    return output;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How many of its tests held; throws what the first one that did not says. */
export async function heldBy(command: string, args: readonly string[]): Promise<number> {
  const { status, signal, stdout, stderr } = await runToEnd(command, args);
  const lines = stdout.split("\n");
  const failed = lines.find((line) => line.startsWith("not ok "));
  if (failed !== undefined || status !== 0) {
    throw new Error(`${failed ?? `it ended with ${status ?? signal}`}\n${stderr}`);
  }
  return lines.filter((line) => line.startsWith("ok ")).length;
}
