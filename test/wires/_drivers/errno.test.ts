import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Address } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import {
  causeOfLoss,
  meaningForConnect,
  meaningForListen,
} from "../../../src/wires/_drivers/errno.ts";

const PEER: Address = { kind: "tcp", host: "127.0.0.1", port: 9, family: 4 };

function systemError(code: string): Error {
  return Object.assign(new Error(`read ${code}`), { code });
}

describe("causeOfLoss", () => {
  for (const code of ["ECONNRESET", "EPIPE", "ECONNABORTED"]) {
    it(`blames the peer for ${code}`, () => {
      const cause = causeOfLoss(systemError(code), PEER);
      assert.deepEqual([cause.kind, cause.by, cause.code], ["lost", "peer", "ERR_WIRE_RESET"]);
    });
  }

  for (const code of ["ETIMEDOUT", "EHOSTUNREACH", "ENETDOWN", "EIO", "ERR_STREAM_WHATEVER"]) {
    it(`blames the wire for ${code}`, () => {
      const cause = causeOfLoss(systemError(code), PEER);
      assert.deepEqual([cause.kind, cause.by, cause.code], ["lost", "wire", "ERR_WIRE_BROKEN"]);
    });
  }

  it("keeps the system's error, the address, and says both", () => {
    const error = systemError("ETIMEDOUT");
    const cause = causeOfLoss(error, PEER);
    assert.ok(isWireError(cause.error));
    assert.equal(cause.error.cause, error);
    assert.equal(cause.error.address, PEER);
    assert.match(cause.error.message, /^Cannot go on with tcp:\/\/127\.0\.0\.1:9: .*ETIMEDOUT/);
  });
});

describe("meanings", () => {
  for (const [errno, code] of [
    ["ECONNREFUSED", "ERR_WIRE_REFUSED"],
    ["ENOENT", "ERR_WIRE_REFUSED"],
    ["EACCES", "ERR_WIRE_PERMISSION"],
    ["ENOTFOUND", "ERR_WIRE_RESOLVE"],
    ["EAI_AGAIN", "ERR_WIRE_RESOLVE"],
    ["ETIMEDOUT", "ERR_WIRE_TIMEOUT"],
    ["EADDRINUSE", "ERR_WIRE_ADDRESS_IN_USE"],
    ["EHOSTUNREACH", "ERR_WIRE_BROKEN"],
    ["EMFILE", "ERR_WIRE_BROKEN"],
  ] as const) {
    it(`of ${errno} for connecting: ${code}`, () => {
      assert.equal(meaningForConnect(systemError(errno)).code, code);
    });
  }

  for (const [errno, code] of [
    ["EADDRINUSE", "ERR_WIRE_ADDRESS_IN_USE"],
    ["EACCES", "ERR_WIRE_PERMISSION"],
    ["EROFS", "ERR_WIRE_PERMISSION"],
    ["ENOTFOUND", "ERR_WIRE_RESOLVE"],
    ["EAFNOSUPPORT", "ERR_WIRE_UNSUPPORTED"],
  ] as const) {
    it(`of ${errno} for listening: ${code}`, () => {
      assert.equal(meaningForListen(systemError(errno)).code, code);
    });
  }

  it("of an unknown error: broken, in the system's words", () => {
    const error = systemError("EWHATEVER");
    for (const meaning of [meaningForConnect(error), meaningForListen(error)]) {
      assert.deepEqual(meaning, { code: "ERR_WIRE_BROKEN", why: error.message });
    }
  });
});
