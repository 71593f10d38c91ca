import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { childProcess } from "../../../src/wires/process/index.ts";
import { BROKEN_PROCESSES, closeLeaked } from "./broken-processes.ts";
import { PROCESS_RULES } from "./process-rules.ts";

const options = process.platform === "win32" ? { skip: "no POSIX shell here" } : {};

describe("childProcess keeps every rule about children", options, () => {
  for (const { id, rule, check } of PROCESS_RULES) {
    test(`${id}: ${rule}`, () => check(childProcess));
  }
});

describe("children with one fault are caught by the rule against it", options, () => {
  for (const { caught, fault, start } of BROKEN_PROCESSES) {
    const skip = caught === "end.leavesNothing" && process.platform !== "linux";
    test(`${caught} catches: ${fault}`, { skip: skip && "needs /proc" }, async () => {
      const rule = PROCESS_RULES.find(({ id }) => id === caught);
      assert.ok(rule !== undefined, `there is no rule ${caught}`);
      await assert.rejects(rule.check(start), { name: "AssertionError" });
      closeLeaked();
    });
  }
});

test("every rule about children owns children with a fault, and the other way round", () => {
  const ids = PROCESS_RULES.map(({ id }) => id);
  assert.deepEqual(BROKEN_PROCESSES.map(({ caught }) => caught).sort(), [...ids].sort());
});
