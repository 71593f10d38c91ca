import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedChunks } from "../../src/bridges/owned-chunks.ts";

const KIB = 1024;

test("a chunk that pins little is given on as it is", () => {
  for (const byteCount of [1, 4 * KIB, 256 * KIB]) {
    const chunk = new Uint8Array(byteCount);
    assert.equal(ownedChunks(chunk)[0], chunk);
  }
});

test("a small view of something large is copied, a large chunk is cut, and no byte is lost", () => {
  const large = Uint8Array.from({ length: 1000 * KIB }, (_, index) => index % 251);
  for (const chunk of [large, large.subarray(5, 10), large.subarray(7, 300 * KIB)]) {
    const pieces = ownedChunks(chunk);
    for (const piece of pieces) {
      const allowed = piece.byteLength < 4 * KIB ? 16 * KIB : 256 * KIB;
      assert.ok(piece.buffer.byteLength <= allowed, `${piece.buffer.byteLength} bytes are pinned`);
    }
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(chunk));
  }
});
