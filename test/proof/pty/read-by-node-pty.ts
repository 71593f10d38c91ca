import { createRequire } from "node:module";
import type { Printer, ReadAll } from "./read-all.ts";
import { delay, lateFor, wayOf } from "./read-all.ts";

/** What is used of it. */
interface NodePty {
  spawn(
    command: string,
    args: readonly string[],
    options: { readonly encoding: null },
  ): {
    onData(listener: (data: Uint8Array | string) => void): void;
    onExit(listener: () => void): void;
    pause(): void;
    resume(): void;
  };
}

/** The same runs as `readAll`, through the package in `folder`. */
export async function readByNodePty(
  folder: string,
  { size, command, args }: Printer,
  count: number,
): Promise<ReadAll> {
  const nodePty = createRequire(import.meta.url)(folder) as NodePty;
  let short = 0;
  let afterExit = 0;
  for (let run = 0; run < count; run++) {
    const way = wayOf(run);
    let got = 0;
    let hasExited = false;
    const child = nodePty.spawn(command, args, { encoding: null });
    const exited = new Promise<void>((tell) => {
      child.onExit(() => {
        hasExited = true;
        tell();
      });
    });
    child.onData((data) => {
      got += data.length;
    });
    if (way !== "as it comes") child.pause();
    if (way === "after 50 ms") await delay(50);
    if (way === "after its exit") await lateFor(size, exited);
    if (hasExited && got === 0) afterExit += 1;
    child.resume();
    // It does not say when nothing more will come: all of it may take so long after the exit.
    for (let waits = 0; waits < PATIENCE && !(hasExited && got >= size); waits++) await delay(10);
    if (got !== size) short += 1;
  }
  return { short, afterExit };
}

const PATIENCE = 50;
