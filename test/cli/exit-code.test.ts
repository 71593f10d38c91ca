import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exitCodeOfReason } from "../../src/cli/exit-code.ts";
import type { CloseCause } from "../../src/contract/index.ts";
import { StringTransport } from "../../src/memory/index.ts";

describe("the end of the only connection as an exit code", () => {
  const exit = { kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT" } as const;
  const descendant = { kind: "timeout", by: "wire", code: "ERR_WIRE_DESCENDANT" } as const;
  const rows: readonly (readonly [string, CloseCause, number])[] = [
    ["in order", { kind: "done", by: "peer" }, 0],
    ["a child's code", { ...exit, exitCode: 7 }, 7],
    ["a child's signal, as shells tell it", { ...exit, signal: "SIGTERM" }, 143],
    ["a descendant of a child that went well: a limit passed", { ...descendant, exitCode: 0 }, 124],
    ["a descendant of a child that failed", { ...descendant, exitCode: 5 }, 5],
    ["a limit", { kind: "timeout", by: "us", code: "ERR_WIRE_IDLE" }, 124],
    ["a reset", { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" }, 1],
    ["our abort of a child", { kind: "aborted", by: "us", signal: "SIGKILL" }, 1],
  ];
  for (const [what, cause, code] of rows) {
    test(what, () => {
      const { ledger } = new StringTransport();
      assert.equal(exitCodeOfReason({ ...cause, ledger }), code);
    });
  }
});
