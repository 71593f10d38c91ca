import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of a test's own; disposing removes it. Its path is short enough for a socket in it. */
export class Scratch implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "wall-"));

  path(name: string): string {
    return join(this.folder, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
