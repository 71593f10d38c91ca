import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import { Source } from "../source.ts";
import { clog } from "./clog.ts";
import { endWriting } from "./verbs.ts";

const HALF_OPEN = { near: { halfOpen: true }, far: { halfOpen: true } };

/** The two directions end separately. */
export const halfCloseCases: readonly ConformanceCase[] = [
  {
    id: "halfClose.readingGoesOn",
    clause: "loseWriteConnection sends what was written, then our end; reading goes on.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      near.transport.write(pattern(50_000));
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      checkBytes(far.chunks, pattern(50_000), "what arrived before our end");
      far.transport.write(pattern(100_000, 2));
      await stage.until("the answer", () => near.byteCount >= 100_000);
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkBytes(near.chunks, pattern(100_000, 2), "the answer");
      // When our end counts as sent is the wire's to say: before the answer to it, or after.
      const told = near.calls.filter((call) => call !== "data" && call !== "writeLost");
      checkSame(told, ["made", "readLost", "lost"], "what was told of the peer's end");
      checkSame(near.count("writeLost"), 1, "calls of writeConnectionLost");
    },
  },
  {
    id: "halfClose.lateReply",
    clause: "An answer given long after our end arrives whole.",
    needs: ["halfClose"],
    through: true,
    heavy: true,
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      near.transport.write(pattern(5));
      endWriting(near.transport);
      await stage.until("the question and its end", () => far.count("readLost") > 0);
      await stage.lateness();
      check(!near.isLost && !far.isLost, "it ended before the answer was given");
      const answer = pattern(1_000_000, 3);
      for (const piece of piecesOf(answer, 64 * 1024)) far.transport.write(piece);
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkBytes(near.chunks, answer, "the late answer");
    },
  },
  {
    id: "halfClose.waitsForProducer",
    clause: "A registered producer holds our end back; what it writes is sent before.",
    needs: ["halfClose"],
    async run(stage) {
      const { near, far } = await stage.open(HALF_OPEN);
      const source = new Source();
      near.transport.registerProducer(source, true);
      endWriting(near.transport);
      await stage.turns();
      near.transport.write(pattern(100));
      await stage.until("what the producer wrote", () => far.byteCount >= 100);
      await stage.turns();
      checkSame(far.count("readLost"), 0, "ends that arrived while a producer was registered");
      near.transport.unregisterProducer();
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      checkSame(source.told, [], "what the producer was told");
    },
  },
  {
    id: "halfClose.twice",
    clause: "loseWriteConnection twice is harmless, before and after it was told.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      endWriting(near.transport);
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      await stage.until("it to be told", () => near.count("writeLost") > 0);
      endWriting(near.transport);
      await stage.turns();
      far.transport.write(pattern(1000));
      await stage.until("an answer", () => near.byteCount >= 1000);
      checkSame([near.count("writeLost"), far.count("readLost")], [1, 1], "how often it was told");
      far.transport.loseConnection();
      await stage.bothLost(ends);
      endWriting(near.transport);
      checkSame(near.reasons[0]?.kind, "done", "how it ended");
    },
  },
  {
    id: "halfClose.told",
    clause: "writeConnectionLost is called once our end is sent, never inside the call that asked.",
    needs: ["halfClose"],
    async run(stage) {
      const { near } = await stage.open(HALF_OPEN);
      near.transport.write(pattern(10));
      near.inside("loseWriteConnection", () => endWriting(near.transport));
      await stage.until("writeConnectionLost", () => near.count("writeLost") > 0);
      await stage.turns();
      checkSame(near.count("writeLost"), 1, "calls of writeConnectionLost");
      checkSame(near.reentered, [], "calls from inside a call");
      check(!near.isLost, "the connection ended with our direction");
    },
  },
  {
    id: "halfClose.untoldWhenClosing",
    clause: "writeConnectionLost is not called once loseConnection was.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      ends.far.transport.write(pattern(10));
      ends.near.transport.loseConnection();
      await stage.until("our end to arrive", () => ends.far.count("readLost") > 0);
      ends.far.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(ends.near.calls, ["made", "lost"], "what the closing protocol was told");
    },
  },
  {
    id: "halfClose.writesDropped",
    clause: "Writes after loseWriteConnection are ignored and counted as dropped.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      near.transport.write(pattern(100));
      endWriting(near.transport);
      near.transport.write(pattern(10));
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      near.transport.write(pattern(20));
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkBytes(far.chunks, pattern(100), "what arrived");
      checkSame(near.reasons[0]?.ledger.dropped, 30, "dropped");
    },
  },
  {
    id: "halfClose.bothEnded",
    clause: "When both directions have ended the close completes by itself.",
    needs: ["halfClose"],
    through: true,
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      endWriting(far.transport);
      await stage.bothLost(ends);
      checkSame([near.reasons[0]?.kind, far.reasons[0]?.kind], ["done", "done"], "how it ended");
      checkSame(near.calls.filter((call) => call === "readLost").length, 1, "ends told");
    },
  },
  {
    id: "halfClose.thenClose",
    clause: "loseConnection while half-closed only discards input from then on.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      near.transport.write(pattern(10));
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      near.transport.loseConnection();
      far.transport.write(pattern(100_000));
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(near.count("data"), 0, "calls of dataReceived after loseConnection");
      checkSame(near.count("readLost"), 0, "calls of readConnectionLost after loseConnection");
      checkSame(near.reasons[0]?.kind, "done", "how it ended");
    },
  },
  {
    id: "halfClose.endTwice",
    clause: "readConnectionLost comes once, whatever is resumed afterwards.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open(HALF_OPEN);
      const { near, far } = ends;
      endWriting(far.transport);
      await stage.until("the peer's end", () => near.count("readLost") > 0);
      for (let times = 0; times < 3; times++) {
        near.transport.resumeProducing();
        near.transport.pauseProducing();
        near.transport.resumeProducing();
        await stage.turns(4);
      }
      checkSame(near.count("readLost"), 1, "calls of readConnectionLost");
      near.transport.write(pattern(10));
      near.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(far.byteCount, 10, "bytes written after the peer's end");
    },
  },
  {
    id: "peerEnd.flushes",
    clause:
      "For a protocol without readConnectionLost the peer's end is a loseConnection: queued output is flushed.",
    needs: ["halfClose", "backPressure"],
    heavy: true,
    async run(stage) {
      const ends = await stage.open({ far: { halfOpen: true, paused: true } });
      const { near, far } = ends;
      const written = await clog(stage, near);
      endWriting(far.transport);
      await stage.until("our end to be told there", () => far.count("writeLost") > 0);
      await stage.turns();
      far.transport.resumeProducing();
      await stage.bothLost(ends);
      const expected = written.reduce((sum, { byteLength }) => sum + byteLength, 0);
      checkSame(far.byteCount, expected, "bytes that arrived after the reader had ended");
      checkSame([near.reasons[0]?.kind, near.reasons[0]?.by], ["done", "peer"], "the reason");
    },
  },
  {
    id: "peerEnd.producerHolds",
    clause: "There a registered producer goes on, and holds the close until it is unregistered.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open({ far: { halfOpen: true } });
      const { near, far } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      endWriting(far.transport);
      await stage.turns(48);
      near.transport.write(pattern(1000));
      await stage.until(
        "what the producer writes after the peer's end",
        () => far.byteCount >= 1000,
      );
      check(!near.isLost && !far.isLost, "it closed while a producer was registered");
      near.transport.write(pattern(1000));
      near.transport.unregisterProducer();
      await stage.bothLost(ends);
      checkSame(far.byteCount, 2000, "bytes that arrived");
      checkSame(source.told, [], "what the producer was told");
    },
  },
];
