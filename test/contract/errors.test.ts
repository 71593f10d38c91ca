import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../../src/contract/index.ts";
import {
  BusyError,
  ClosedError,
  ConnectError,
  isWireError,
  LimitError,
  ListenError,
  PeerProtocolError,
  ProducerRegisteredError,
  SpecError,
  UnsupportedError,
  WireError,
} from "../../src/contract/index.ts";

const address: Address = { kind: "tcp", host: "127.0.0.1", port: 1, family: 4 };

const FAMILY: readonly [WireError, string, string, string][] = [
  [
    new ClosedError("write", { address }),
    "ClosedError",
    "ERR_WIRE_CLOSED",
    "Cannot write: the connection is closed",
  ],
  [
    new BusyError("read", "another reader reads"),
    "BusyError",
    "ERR_WIRE_BUSY",
    "Cannot read: another reader reads",
  ],
  [
    new ProducerRegisteredError(),
    "ProducerRegisteredError",
    "ERR_WIRE_PRODUCER_REGISTERED",
    "Cannot register a producer: another one is registered; unregister it first",
  ],
  [
    new UnsupportedError("abort", "this wire cannot"),
    "UnsupportedError",
    "ERR_WIRE_UNSUPPORTED",
    "Cannot abort: this wire cannot",
  ],
  [
    new LimitError("read the line", "its length", 10, 11),
    "LimitError",
    "ERR_WIRE_LIMIT",
    "Cannot read the line: its length is 11, the limit is 10",
  ],
  [
    new PeerProtocolError("read the frame", "its length is no number"),
    "PeerProtocolError",
    "ERR_WIRE_PEER_PROTOCOL",
    "Cannot read the frame: its length is no number",
  ],
  [
    new ListenError("ERR_WIRE_ADDRESS_IN_USE", "tcp://127.0.0.1:1", "the address is in use"),
    "ListenError",
    "ERR_WIRE_ADDRESS_IN_USE",
    "Cannot listen on tcp://127.0.0.1:1: the address is in use",
  ],
];

for (const [error, name, code, message] of FAMILY) {
  test(`${name} says what could not be done and why, under the stable code ${code}`, () => {
    assert.deepEqual([error.name, error.code, error.message], [name, code, message]);
    assert.ok(error instanceof WireError && error instanceof Error);
    assert.equal(String(error), `${name}: ${message}`);
    assert.ok(isWireError(error));
  });
}

test("facts are fields: the end it concerns, the limit, the system's own error", () => {
  const cause = new Error("ECONNREFUSED");
  const error = new WireError("ERR_WIRE_REFUSED", "Cannot connect", { address, cause });
  assert.equal(error.address, address);
  assert.equal(error.cause, cause);
  const plain = new BusyError("read", "busy");
  assert.deepEqual([plain.address, plain.cause], [undefined, undefined]);
  const limit = new LimitError("read", "the line", 10, 11);
  assert.deepEqual([limit.limit, limit.value], [10, 11]);
});

test("a failed connect lists every attempt, and carries the first as its cause", () => {
  const attempts = ["127.0.0.1", "127.0.0.2"].map((host) => ({
    address: { ...address, host } as Address,
    error: new Error(`nobody at ${host}`),
  }));
  const error = new ConnectError("ERR_WIRE_REFUSED", "tcp://host:1", "nobody is there", attempts);
  assert.equal(
    error.message,
    "Cannot connect to tcp://host:1: nobody is there " +
      "(tried tcp://127.0.0.1:1: nobody at 127.0.0.1; tcp://127.0.0.2:1: nobody at 127.0.0.2)",
  );
  assert.equal(error.cause, attempts[0]?.error);
  assert.equal(error.address, attempts[0]?.address);
  assert.deepEqual(error.attempts, attempts);
  const single = new ConnectError("ERR_WIRE_REFUSED", "x", "no", attempts.slice(0, 1));
  assert.equal(single.message, "Cannot connect to x: no");
});

test("a connect that never got to an attempt says so without inventing one", () => {
  const error = new ConnectError("ERR_WIRE_RESOLVE", "tcp://nowhere:1", "no such name", []);
  assert.equal(error.message, "Cannot connect to tcp://nowhere:1: no such name");
  assert.equal(error.cause, undefined);
});

test("a SpecError shows the string with a caret under the fault", () => {
  const error = new SpecError("tpc://host:1", 0, "unknown scheme");
  const later = new SpecError("tcp://host:x", 11, "not a port");
  assert.deepEqual([error.spec, error.offset, later.offset], ["tpc://host:1", 0, 11]);
  const [, spec, caret] = later.message.split("\n");
  assert.equal(spec?.[String(caret).indexOf("^")], "x");
});

test("isWireError goes by the code, so that it holds across two copies of the package", () => {
  const foreign = Object.assign(new Error("from another copy"), { code: "ERR_WIRE_RESET" });
  assert.ok(isWireError(foreign));
  const others: unknown[] = [
    Object.assign(new Error("from the system"), { code: "ECONNRESET" }),
    Object.assign(new Error("a number"), { code: 7 }),
    new Error("plain"),
    { code: "ERR_WIRE_RESET" },
    "ERR_WIRE_RESET",
    null,
    undefined,
  ];
  for (const other of others) assert.ok(!isWireError(other));
});
