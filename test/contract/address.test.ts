import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../../src/contract/index.ts";
import { formatAddress } from "../../src/contract/index.ts";

const WRITTEN: readonly [Address, string][] = [
  [{ kind: "tcp", host: "127.0.0.1", port: 8007, family: 4 }, "tcp://127.0.0.1:8007"],
  [{ kind: "tcp", host: "::1", port: 0, family: 6 }, "tcp://[::1]:0"],
  [{ kind: "unix", path: "/run/app.sock" }, "unix:///run/app.sock"],
  [{ kind: "unix", path: "@abstract" }, "unix:@abstract"],
  [{ kind: "unix", path: null }, "unix:(unnamed)"],
  [{ kind: "pipe", name: "app" }, "pipe:app"],
  [{ kind: "pipe", name: "a:b" }, "pipe:a%3Ab"],
  [{ kind: "pipe", name: null }, "pipe:(unnamed)"],
  [{ kind: "descriptor", input: 7, output: 7, isHandle: true }, "handle:7"],
  [{ kind: "loopback", side: "left" }, "loopback:left"],
  [{ kind: "memory", name: "here#3" }, "memory://here#3"],
  [{ kind: "stream", name: "this end" }, "stream:this end"],
];

for (const [address, written] of WRITTEN) {
  test(`an address of kind ${address.kind} is written as people write it: ${written}`, () => {
    assert.equal(formatAddress(address), written);
  });
}

test("a kind that another package brought is written as the value that it is, not refused", () => {
  const pigeon = { kind: "pigeon", ring: 7 } as unknown as Address;
  assert.equal(formatAddress(pigeon), '{"kind":"pigeon","ring":7}');
});

test("the address of the layer below is carried and not written", () => {
  const via: Address = { kind: "unix", path: "/below" };
  const address: Address = { kind: "memory", name: "above", via };
  assert.equal(formatAddress(address), "memory://above");
  assert.equal(address.via, via);
});
