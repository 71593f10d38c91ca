import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultOnError } from "../../src/flow/index.ts";

test("an error without a place is one line on stderr: what, where, the message", (context) => {
  const printed = context.mock.method(console, "error", () => {});
  const peer = { kind: "tcp", host: "127.0.0.1", port: 8007, family: 4 } as const;
  const host = { kind: "unix", path: "/run/app.sock" } as const;
  defaultOnError(new TypeError("boom"), { during: "connectionLost", peer, host });
  defaultOnError("text", { during: "accept", host });
  defaultOnError(undefined, { during: "observer" });
  assert.deepEqual(
    printed.mock.calls.map(({ arguments: [line] }) => line),
    [
      "overwall: connectionLost (tcp://127.0.0.1:8007): TypeError: boom",
      "overwall: accept (unix:///run/app.sock): text",
      "overwall: observer: undefined",
    ],
  );
});
