import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProofReport } from "../../tools/proof.ts";
import { runToEnd } from "../interop/program.ts";
import { heldBy, NativeBuild, nativePrograms, SANITIZED } from "../native/native-programs.ts";

export const title =
  "The compiled part touches only memory of its own: its tests, and its wires' conformance";

export const needs: readonly string[] = ["gcc"];

/** What stands on the native driver: conformance of its wires, and what the suite does not ask. */
const SUITES: readonly string[] = [
  "conformance/tcp",
  "conformance/unix",
  "conformance/stdio-and-descriptor",
  "conformance/process",
  "conformance/pty",
  "wires/unix/descriptors",
  "wires/tcp/detach",
  "join/shortcut-system",
];
/** How JavaScript learns that there is something to collect. */
const WAKEUPS = ["loop", "thread"] as const;

export async function prove(report: ProofReport): Promise<void> {
  await proveAlone(report);
  const folder = mkdtempSync(join(tmpdir(), "overwall-sanitized-"));
  try {
    const addon = join(folder, "addon.node");
    await compileAddon(addon);
    for (const suite of report.full ? SUITES : SUITES.slice(0, 1)) {
      for (const wakeup of WAKEUPS) await proveInNode(report, addon, suite, wakeup);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function proveAlone(report: ProofReport): Promise<void> {
  using build = new NativeBuild();
  for (const program of nativePrograms()) {
    const held = await heldBy(await build.compile(program, SANITIZED), []);
    report.count(`tests of ${program}.c`, held);
  }
}

async function compileAddon(output: string): Promise<void> {
  const { status, stdout, stderr } = await runToEnd(
    process.execPath,
    ["native/build.js", "--strict", output],
    { env: { OVERWALL_CFLAGS: "-fsanitize=address -g -O1" } },
  );
  assert.equal(status, 0, stdout + stderr);
}

/** Node itself is not built for it: what leaks there is its own business, and is not looked at. */
async function proveInNode(
  report: ProofReport,
  addon: string,
  suite: string,
  wakeup: (typeof WAKEUPS)[number],
): Promise<void> {
  const library = (await runToEnd("gcc", ["-print-file-name=libasan.so"])).stdout.trim();
  const file = fileURLToPath(new URL(`../${suite}.test.js`, import.meta.url));
  const some = report.full ? [] : ["--test-name-pattern", REDUCED];
  const { status, stdout, stderr } = await runToEnd(
    "env",
    // Inside a test, a test would tell its results in another way.
    ["-u", "NODE_TEST_CONTEXT", process.execPath, "--test-reporter=tap", ...some, file],
    {
      env: {
        LD_PRELOAD: library,
        ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:exitcode=66",
        OVERWALL_ADDON: addon,
        OVERWALL_DRIVER: "native",
        OVERWALL_WAKEUP: wakeup,
      },
    },
  );
  assert.doesNotMatch(stdout + stderr, /AddressSanitizer/);
  assert.equal(status, 0, stdout + stderr);
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
  assert.ok(passed > 0, stdout);
  report.count(`cases over ${suite}, woken by a ${wakeup}`, passed);
}

/** Reading, writing and every way to end, without the long ones. */
const REDUCED =
  "write\\.order|close\\.flushes|abort\\.visible|halfClose\\.lateReply|read\\.pauseHolds";
