import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  leaveRoom,
  ownedPart,
  READ_BYTES,
  roomAfter,
  sharedRoom,
} from "../../../../src/wires/_drivers/portable/reading-room.ts";

describe("the room that sockets read into", () => {
  it("gives what was read for ever, small or large, though the next one reads over it", () => {
    for (const length of [1, 64, 65, 4095, 4096, READ_BYTES]) {
      sharedRoom.fill(1, 0, length);
      const first = ownedPart(sharedRoom, length);
      sharedRoom.fill(2, 0, length);
      const second = ownedPart(sharedRoom, length);
      assert.deepEqual([first.length, second.length], [length, length]);
      assert.equal(
        first.every((byte) => byte === 1),
        true,
      );
      assert.equal(
        second.every((byte) => byte === 2),
        true,
      );
    }
  });

  it("keeps no more than 16 KiB alive for a small chunk, 256 KiB for a large one", () => {
    assert.equal(ownedPart(sharedRoom, 100).buffer.byteLength <= 16 * 1024, true);
    assert.equal(ownedPart(sharedRoom, READ_BYTES).buffer.byteLength <= 256 * 1024, true);
  });

  it("is left to itself by who reads little, and only by that one", () => {
    assert.equal(roomAfter(sharedRoom, READ_BYTES - 1), sharedRoom);
    const own = roomAfter(sharedRoom, READ_BYTES);
    assert.notEqual(own, sharedRoom);
    const rest = roomAfter(own, READ_BYTES);
    assert.equal(rest.byteOffset, own.byteOffset + READ_BYTES);
    assert.equal(ownedPart(own, READ_BYTES).buffer, own.buffer, "what is its own was copied");
    assert.notEqual(ownedPart(rest, 100).buffer, own.buffer, "a small chunk keeps a large block");
    assert.equal(roomAfter(rest, 100), sharedRoom);
  });

  it("is never read past its end: a block that is nearly full is followed by another", () => {
    const own = roomAfter(sharedRoom, READ_BYTES);
    const next = roomAfter(own, own.length - READ_BYTES + 1);
    assert.notEqual(next.buffer, own.buffer);
    leaveRoom(next);
  });

  it("gives few a block of their own, and the next one when one has left", () => {
    const rooms: Uint8Array[] = [];
    for (let room = roomAfter(sharedRoom, READ_BYTES); room !== sharedRoom; ) {
      rooms.push(room);
      assert.equal(rooms.length <= 64, true, "without a bound");
      room = roomAfter(sharedRoom, READ_BYTES);
    }
    assert.equal(rooms.length, 64);
    leaveRoom(rooms.pop() as Uint8Array);
    rooms.push(roomAfter(sharedRoom, READ_BYTES));
    assert.notEqual(rooms.at(-1), sharedRoom);
    for (const room of rooms) leaveRoom(room);
  });
});
