import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { pattern } from "../../src/testing/pattern.ts";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { runToEnd } from "./program.ts";
import { OVERWALL } from "./relay-command.ts";
import { Scratch } from "./scratch.ts";

/** A pipeline of a shell with `overwall` in it, and what has to come out of it. */
export interface Pipeline {
  readonly name: string;
  readonly needs: readonly string[];
  /**
   * `$in` is a file of bytes, `$lines` one of numbers in no order, `$out` a name for another one.
   * `wall` is `overwall --quiet`, and notes its exit status.
   */
  readonly script: string;
  readonly output: (files: Files) => Buffer;
  /** What has to be in `$out` afterwards. */
  readonly out?: (files: Files) => Buffer;
  /** Of each `wall`, in the order in which they end. */
  readonly statuses: readonly number[];
  /** Whether only true pipes do this. */
  readonly needsNative?: boolean;
}

/** What the pipelines read. */
export interface Files {
  readonly bytes: Buffer;
  readonly lines: Buffer;
  readonly sorted: Buffer;
}

export const PIPELINES: readonly Pipeline[] = [
  {
    name: "relay stdio: process: in the middle",
    needs: ["cat"],
    script: 'cat "$in" | wall relay stdio: process:cat | cat',
    output: ({ bytes }) => bytes,
    statuses: [0],
  },
  {
    name: "relay file: stdio:, and head has enough",
    needs: ["head"],
    script: 'wall relay "file:$in" stdio: | head -c 100000',
    output: ({ bytes }) => bytes.subarray(0, 100_000),
    statuses: [0],
  },
  {
    name: "relay stdio: process:, and head has enough",
    needs: ["head", "sort"],
    script: 'wall relay stdio: "process:sort -n" <"$lines" | head -n 3',
    output: () => Buffer.from("0\n1\n2\n"),
    statuses: [0],
  },
  {
    name: "relay stdio: process:yes, which is ended by its pipe, and says nothing",
    needs: ["head", "yes"],
    script: "wall relay stdio: process:yes </dev/null | head -n 1",
    output: () => Buffer.from("y\n"),
    statuses: [141],
    needsNative: true,
  },
  {
    name: "relay stdio: process:head, which leaves most of its input",
    needs: ["head"],
    script: 'wall relay stdio: "process:head -c 100000" <"$in" | cat',
    output: ({ bytes }) => bytes.subarray(0, 100_000),
    statuses: [0],
  },
  {
    name: "sort, at both ends",
    needs: ["sort"],
    script: 'sort -n "$lines" | wall relay stdio: "process:sort -rn" | sort -n',
    output: ({ sorted }) => sorted,
    statuses: [0],
  },
  {
    name: "tee, before and behind",
    needs: ["tee", "cat"],
    script: `tee "$out.1" <"$in" | wall relay stdio: process:cat | tee "$out.2" >/dev/null
      cat "$out.1" "$out.2"`,
    output: ({ bytes }) => Buffer.concat([bytes, bytes]),
    statuses: [0],
  },
  {
    name: "process:tee, and file:",
    needs: ["tee"],
    script: 'wall relay "file:$in" "process:tee $out" | cat; wall relay "file:$out" stdio:',
    output: ({ bytes }) => bytes,
    statuses: [0, 0],
  },
  {
    name: "pv, before and behind",
    needs: ["pv"],
    script: 'pv -q "$in" | wall relay stdio: "process:pv -q" | pv -q',
    output: ({ bytes }) => bytes,
    statuses: [0],
  },
  {
    name: "pv that is slow",
    needs: ["pv", "head"],
    script: 'head -c 300000 "$in" | wall relay stdio: process:cat | pv -q -L 1m',
    output: ({ bytes }) => bytes.subarray(0, 300_000),
    statuses: [0],
  },
  {
    name: "relay stdio: file:, then appended",
    needs: ["cat"],
    script: `wall relay stdio: "file:$out?write" <"$in"
      echo tail | wall relay stdio: "file:$out?append"`,
    output: () => Buffer.alloc(0),
    out: ({ bytes }) => Buffer.concat([bytes, Buffer.from("tail\n")]),
    statuses: [0, 0],
  },
  {
    name: "relay fd: fd:, with descriptors of the shell",
    needs: ["cat"],
    script: 'wall relay fd:4 fd:5 4<"$in" 5>"$out"; cat "$out"',
    output: ({ bytes }) => bytes,
    statuses: [0],
  },
  {
    name: "relay fd: of a pipe",
    needs: ["cat"],
    script: '{ cat "$in" | wall relay fd:6 fd:5 6<&0 5>&1; } | cat',
    output: ({ bytes }) => bytes,
    statuses: [0],
  },
  {
    name: "the status of the child is passed on",
    needs: ["sh", "cat"],
    script: `wall relay stdio: "process:sh -c 'cat; exit 7'" <"$in" | cat
      wall relay stdio: "process:sh -c 'kill -TERM \\$\\$'" </dev/null
      wall relay stdio: process:true </dev/null
      wall relay stdio: process:false </dev/null`,
    output: ({ bytes }) => bytes,
    statuses: [7, 143, 0, 1],
  },
  {
    name: "connect process: does the same",
    needs: ["sh", "cat"],
    script: `wall connect "process:sh -c 'cat; exit 7'" <"$in" | cat`,
    output: ({ bytes }) => bytes,
    statuses: [7],
  },
];

/** Why a pipeline cannot be had on the driver that runs; `null` when it can. */
export function lackingDriver({ needsNative = false }: Pipeline): string | null {
  const { name, why } = chosenDriver();
  return needsNative && name !== "native" ? `the native driver (${why})` : null;
}

const LINES = 50_000;

function makeFiles(byteCount: number): Files {
  const numbers = Array.from({ length: LINES }, (_, index) => (index * 7919) % LINES);
  const text = (all: readonly number[]): Buffer =>
    Buffer.from(all.map((number) => `${number}\n`).join(""));
  return {
    bytes: Buffer.from(pattern(byteCount, 23)),
    lines: text(numbers),
    sorted: text(numbers.toSorted((one, other) => one - other)),
  };
}

/** Fails unless every byte is right, the statuses are, and nobody said a word. */
export async function runPipeline(pipeline: Pipeline, full: boolean): Promise<number> {
  using scratch = new Scratch();
  const files = makeFiles(full ? 20_000_000 : 2_000_000);
  const paths = { in: scratch.path("in"), lines: scratch.path("lines"), out: scratch.path("out") };
  writeFileSync(paths.in, files.bytes);
  writeFileSync(paths.lines, files.lines);
  const noted = scratch.path("statuses");
  const wall = `wall() { "${process.execPath}" "${OVERWALL}" "$@" --quiet; echo $? >>"${noted}"; }`;
  const { stderr, stdoutBytes, stdoutSha256 } = await runToEnd(
    "sh",
    ["-c", `${wall}\n${pipeline.script}`],
    { env: paths, digestOnly: true },
  );
  const output = pipeline.output(files);
  assert.equal(stderr, "");
  assert.equal(stdoutBytes, output.length);
  assert.equal(stdoutSha256, createHash("sha256").update(output).digest("hex"));
  if (pipeline.out !== undefined) {
    assert.ok(readFileSync(paths.out).equals(pipeline.out(files)), "what is in the file");
  }
  const statuses = readFileSync(noted, "utf8").trim().split("\n").map(Number);
  assert.deepEqual(statuses, pipeline.statuses);
  return stdoutBytes;
}
