import assert from "node:assert/strict";
import { pty } from "../../../src/wires/pty/index.ts";
import { RecordingPty } from "../../wires/pty/recording-pty.ts";

/** A program that prints so much on its terminal, and exits. */
export interface Printer {
  readonly command: string;
  readonly args: readonly string[];
  readonly size: number;
}

export type PrinterName = "echo of 20 KiB" | "echo of 3 KiB" | "5 MiB";

export const PRINTERS: Readonly<Record<PrinterName, Printer>> = {
  "echo of 20 KiB": echo(20_480),
  // The terminal holds so much: these can exit before anybody reads.
  "echo of 3 KiB": echo(3072),
  "5 MiB": {
    command: "head",
    args: ["-c", String(5 * 1024 * 1024), "/dev/zero"],
    size: 5 * 1024 * 1024,
  },
};

function echo(size: number): Printer {
  // A terminal ends its lines with two bytes.
  return { command: "echo", args: ["x".repeat(size)], size: size + 2 };
}

/** When it is read, by turns. */
const WAYS = ["as it comes", "after 50 ms", "after its exit"] as const;
export type Way = (typeof WAYS)[number];

export function wayOf(run: number): Way {
  return WAYS[run % WAYS.length] as Way;
}

/** How many runs came short, and in how many nothing was read before the exit. */
export interface ReadAll {
  readonly short: number;
  readonly afterExit: number;
}

export async function readAll({ size, ...program }: Printer, count: number): Promise<ReadAll> {
  let short = 0;
  let afterExit = 0;
  for (let run = 0; run < count; run++) {
    const way = wayOf(run);
    const child = new RecordingPty();
    if (way !== "as it comes") child.onMade = (transport) => transport.pauseProducing();
    await pty({ ...program, env: "inherit" }).connect(child);
    if (way === "after 50 ms") await delay(50);
    if (way === "after its exit") await lateFor(size, child.exited);
    if (child.statuses.length > 0 && child.byteCount === 0) afterExit += 1;
    child.transport.resumeProducing();
    assert.equal(await child.end(), "done peer", `${program.command}, read ${way}`);
    if (child.byteCount !== size) short += 1;
  }
  return { short, afterExit };
}

/** What the terminal does not hold keeps a program from its exit: nobody can wait for that. */
export async function lateFor(size: number, exited: Promise<void>): Promise<void> {
  await (size < HELD_BYTES ? exited : delay(50));
}

const HELD_BYTES = 4000;

export function delay(forMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, forMs));
}
