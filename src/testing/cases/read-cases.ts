import type { Bytes } from "../../contract/index.ts";
import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import type { Role, StageEnd } from "../stage-end.ts";

const KIB = 1024;
const MIB = KIB * KIB;

/** What a reader may rely on: pauses, order, ownership. */
export const readCases: readonly ConformanceCase[] = [
  {
    id: "read.pauseHolds",
    clause: "After pauseProducing not one more chunk is delivered, though more has arrived.",
    needs: [],
    async run(stage) {
      let isPaused = false;
      let chunksWhilePaused = 0;
      const { near, far } = await stage.open({
        near: {
          data: (_, end) => {
            if (isPaused) chunksWhilePaused++;
            isPaused = end.count("data") <= 20;
            if (isPaused) end.transport.pauseProducing();
          },
        },
      });
      const data = pattern(300 * KIB);
      for (const piece of piecesOf(data, 5000)) far.transport.write(piece);
      await stage.until("the first chunk", () => near.count("data") > 0);
      near.transport.write(pattern(1));
      await stage.until("a sign from the paused reader", () => far.byteCount > 0);
      await stage.turns();
      checkSame(near.count("data"), 1, "chunks delivered to a reader that paused in the first");
      while (near.byteCount < data.byteLength) {
        const before = near.byteCount;
        isPaused = false;
        near.transport.resumeProducing();
        await stage.until("the next chunk", () => near.byteCount > before);
      }
      checkSame(chunksWhilePaused, 0, "chunks delivered to a reader that had paused again");
      checkBytes(near.chunks, data, "what was delivered");
    },
  },
  {
    id: "read.pauseInMade",
    clause: "A pause inside connectionMade holds the very first byte.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open({
        near: { paused: true },
        far: { made: (transport) => transport.write(pattern(1000)) },
      });
      await stage.turns(48);
      near.transport.write(pattern(1));
      await stage.until("a sign from the paused reader", () => far.byteCount > 0);
      await stage.turns();
      checkSame(near.count("data"), 0, "chunks delivered to a reader that paused at once");
      near.transport.resumeProducing();
      await stage.until("the held bytes", () => near.byteCount >= 1000);
      checkBytes(near.chunks, pattern(1000), "what was held");
    },
  },
  {
    id: "read.resumeDelivers",
    clause: "What was held while paused is delivered after resumeProducing, in order and whole.",
    needs: [],
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open({ near: { paused: true } });
      const data = pattern(2 * MIB);
      far.transport.write(data.subarray(0, MIB));
      await stage.turns();
      near.transport.resumeProducing();
      far.transport.write(data.subarray(MIB));
      await stage.until("two mebibytes", () => near.byteCount >= data.byteLength);
      checkBytes(near.chunks, data, "what was delivered");
    },
  },
  {
    id: "read.toggled",
    clause:
      "Pausing and resuming again and again in one turn neither doubles nor reorders anything.",
    needs: [],
    async run(stage) {
      const toggle = (_: Bytes, end: StageEnd): void => {
        for (let times = 0; times < 3; times++) {
          end.transport.pauseProducing();
          end.transport.resumeProducing();
        }
      };
      const { near, far } = await stage.open({ near: { data: toggle } });
      const data = pattern(200_000);
      for (const piece of piecesOf(data, 7000)) far.transport.write(piece);
      await stage.until("200 000 bytes", () => near.byteCount >= data.byteLength);
      await stage.turns();
      checkBytes(near.chunks, data, "what was delivered");
    },
  },
  {
    id: "read.endWaits",
    clause: "The peer's end waits behind unread bytes, however long the reader pauses.",
    needs: [],
    async run(stage) {
      const pauseOnce: Role = {
        data: (_, end) => end.count("data") === 1 && end.transport.pauseProducing(),
      };
      for (const pausing of [{ paused: true }, pauseOnce]) {
        const ends = await stage.open({ near: { ...pausing, halfOpen: true } });
        const { near, far } = ends;
        const data = pattern(10_000);
        for (const piece of piecesOf(data, 1000)) far.transport.write(piece);
        far.transport.loseConnection();
        if (pausing === pauseOnce) await stage.until("a chunk", () => near.byteCount > 0);
        await stage.turns(48);
        const told = pausing === pauseOnce ? ["made", "data"] : ["made"];
        // That the far end takes no more is told at once, where the wire knows it.
        const calls = near.calls.filter((call) => call !== "writeLost");
        checkSame(calls, told, "what a paused reader was told");
        near.transport.resumeProducing();
        await stage.until("the end", () => near.count("readLost") > 0 || near.isLost);
        checkBytes(near.chunks, data, "what came before the end");
        near.transport.loseConnection();
        await stage.bothLost(ends);
      }
    },
  },
  {
    id: "read.neverEmpty",
    clause: "A chunk is never empty.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      for (const byteCount of [1, 0, 70_000, 0, 3]) {
        far.transport.write(pattern(byteCount));
        await stage.turns(4);
      }
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(near.byteCount, 70_004, "bytes delivered");
      check(!near.chunks.some((chunk) => chunk.byteLength === 0), "an empty chunk was delivered");
    },
  },
  {
    id: "read.keptForEver",
    clause: "A delivered chunk is the receiver's for ever: more traffic never changes it.",
    needs: [],
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open();
      const first = pattern(256 * KIB);
      for (const piece of piecesOf(first, 1500)) far.transport.write(piece);
      await stage.until("the bytes to keep", () => near.byteCount >= first.byteLength);
      const more = pattern(MIB, 9);
      for (let round = 0; round < 8; round++) far.transport.write(more);
      await stage.until("8 MiB more", () => near.byteCount >= first.byteLength + 8 * MIB);
      const expected = new Uint8Array(first.byteLength + 8 * MIB);
      expected.set(first);
      for (let round = 0; round < 8; round++) expected.set(more, first.byteLength + round * MIB);
      checkBytes(near.chunks, expected, "the chunks that were kept");
    },
  },
  {
    id: "read.pinsLittle",
    clause: "A kept chunk under 4 KiB pins at most 16 KiB of memory, any other at most 256 KiB.",
    needs: [],
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open();
      let byteCount = 0;
      for (const size of [1, 100, 4000, 5000, 70_000, 4 * MIB]) {
        far.transport.write(pattern(size));
        byteCount += size;
        await stage.until(`${size} bytes`, () => near.byteCount >= byteCount);
      }
      for (const { byteLength, buffer } of near.chunks) {
        const pinsMax = byteLength < 4 * KIB ? 16 * KIB : 256 * KIB;
        const pins = buffer.byteLength;
        check(pins <= pinsMax, `a chunk of ${byteLength} bytes pins ${pins} bytes`);
      }
    },
  },
];
