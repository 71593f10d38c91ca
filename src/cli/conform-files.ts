import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptors } from "../testing/index.ts";
import { addon } from "../wires/_drivers/native/addon.ts";

/** Descriptors to pass: of files that have no name any more, so that nothing of them is left. */
export function openFiles(): Descriptors {
  /** What was opened here is closed here: Deno keeps a list of its own. */
  const ours = new Set<number>();
  const fileOf = (fd: number | string): string => readlinkSync(`/proc/self/fd/${fd}`);
  return {
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), "overwall-file-"));
      const fd = openSync(join(folder, "file"), "w");
      rmSync(folder, { recursive: true });
      ours.add(fd);
      return fd;
    },
    close: (fd) => (ours.delete(fd) ? closeSync(fd) : void addon().closeDescriptor(fd)),
    isSame: (fd, other) => fileOf(fd) === fileOf(other),
    copies: (fd) => {
      const file = fileOf(fd);
      return readdirSync("/proc/self/fd").filter((other) => isOpenAs(other, file)).length;
    },
  };

  /** The descriptor that lists the folder is gone by then. */
  function isOpenAs(fd: string, file: string): boolean {
    try {
      return fileOf(fd) === file;
    } catch {
      return false;
    }
  }
}
