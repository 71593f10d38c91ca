import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConformanceFailure,
  check,
  checkSame,
  checkThrows,
  hasCode,
} from "../../src/testing/check.ts";

test("check throws a ConformanceFailure that carries the detail, and nothing when it holds", () => {
  check(true, "unused");
  assert.throws(() => check(false, "3 bytes are gone"), {
    name: "ConformanceFailure",
    detail: "3 bytes are gone",
    caseId: "",
  });
});

test("ConformanceFailure names the case and quotes the clause", () => {
  const failure = new ConformanceFailure("they came back", {
    id: "write.order",
    clause: "In order.",
  });
  assert.match(failure.message, /^write\.order: they came back\n {2}promised: In order\.$/);
});

test("checkSame compares values, not identities, and shows both", () => {
  checkSame({ a: [1] }, { a: [1] }, "it");
  assert.throws(() => checkSame([1, 2], [1], "the list"), /the list: expected \[1\], saw \[1,2\]/);
  assert.throws(() => checkSame(undefined, null, "it"), /expected null, saw undefined/);
});

test("checkThrows wants the right error, and says what came instead", () => {
  const fail = (): never => {
    throw Object.assign(new Error("no"), { code: "ERR_A" });
  };
  checkThrows(fail, hasCode("ERR_A"), "it must throw");
  assert.throws(
    () => checkThrows(fail, hasCode("ERR_B"), "it must throw B"),
    /throw B, but saw Error: no/,
  );
  assert.throws(() => checkThrows(() => {}, hasCode("ERR_A"), "it must"), /but nothing was thrown/);
});
