import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import { Source } from "../source.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const HOURS_MS = 36_000_000;

/** Close reaches the peer. */
export const closeCases: readonly ConformanceCase[] = [
  {
    id: "close.flushes",
    clause: "loseConnection sends everything written so far, then closes; the tail is never lost.",
    needs: [],
    through: true,
    heavy: true,
    async run(stage) {
      for (const byteCount of [0, 1, 64 * KIB, 4 * MIB]) {
        const ends = await stage.open();
        const { near, far } = ends;
        const data = pattern(byteCount, byteCount);
        for (const piece of piecesOf(data, 256 * KIB)) near.transport.write(piece);
        near.transport.loseConnection();
        await stage.bothLost(ends);
        checkBytes(far.chunks, data, `a tail of ${byteCount} bytes`);
        checkSame([near.reasons[0]?.kind, far.reasons[0]?.kind], ["done", "done"], "how it ended");
      }
    },
  },
  {
    id: "close.flushesInMade",
    clause: "What connectionMade writes before it closes reaches the peer.",
    needs: [],
    through: true,
    async run(stage) {
      const ends = await stage.open({
        near: {
          made: (transport) => {
            transport.write(pattern(100 * KIB));
            transport.loseConnection();
          },
        },
      });
      await stage.bothLost(ends);
      checkBytes(ends.far.chunks, pattern(100 * KIB), "what arrived");
    },
  },
  {
    id: "close.chatty",
    clause: "A peer still talking cannot turn a close into a reset that destroys data on its way.",
    needs: ["linger"],
    through: true,
    heavy: true,
    async run(stage) {
      // A simulated wire may take hours for this; what counts is that nothing is lost.
      const limits = { stallMs: HOURS_MS, lingerIdleMs: HOURS_MS, lingerTotalMs: HOURS_MS };
      const ends = await stage.open({ far: { paused: true }, limits });
      const { near, far } = ends;
      const data = pattern(8 * MIB);
      for (const piece of piecesOf(data, 256 * KIB)) near.transport.write(piece);
      near.transport.loseConnection();
      const chatter = pattern(1000);
      for (let turn = 0; turn < 50; turn++) {
        far.transport.write(chatter);
        await stage.turns(1);
      }
      let isReading = false;
      await stage.until("a slow and talkative peer to get everything", () => {
        if (far.isLost) return true;
        far.transport.write(chatter);
        isReading = !isReading;
        if (isReading) far.transport.resumeProducing();
        else far.transport.pauseProducing();
        return far.byteCount >= data.byteLength;
      });
      far.transport.resumeProducing();
      await stage.bothLost(ends);
      checkBytes(far.chunks, data, "what the talkative peer got");
      checkSame(far.reasons[0]?.kind, "done", "how it ended for the peer");
      checkSame(near.reasons[0]?.kind, "done", "how it ended for us");
    },
  },
  {
    id: "close.waitsForProducer",
    clause: "A registered producer holds the close, paused or not; what it writes is sent.",
    needs: [],
    through: true,
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(100));
      near.transport.loseConnection();
      await stage.until("the first bytes", () => far.byteCount >= 100);
      await stage.turns();
      check(!far.isLost && !near.isLost, "it closed while a push producer was registered");
      check(!source.isStopped, "the producer was stopped while it held the close");
      near.transport.write(pattern(100, 2));
      await stage.until("what the producer wrote after the close", () => far.byteCount >= 200);
      near.transport.write(pattern(100, 3));
      near.transport.unregisterProducer();
      await stage.bothLost(ends);
      checkSame(far.byteCount, 300, "bytes that arrived");
      checkSame(near.reasons[0]?.ledger.dropped, 0, "dropped");
    },
  },
  {
    id: "close.waitsForPullProducer",
    clause: "A pull producer holds the close too, and goes on being asked.",
    needs: [],
    async run(stage) {
      let rounds = 0;
      const ends = await stage.open();
      const { near, far } = ends;
      const source = new Source(() => {
        if (++rounds <= 5) near.transport.write(pattern(50, rounds));
        else near.transport.unregisterProducer();
      });
      near.transport.registerProducer(source, false);
      near.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(far.byteCount, 250, "bytes of the pull producer that arrived");
      check(!source.isStopped, "the producer was stopped though it had unregistered");
    },
  },
  {
    id: "close.silentAfter",
    clause: "After loseConnection the protocol receives no more data.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.loseConnection();
      far.transport.write(pattern(100 * KIB));
      await stage.turns(48);
      near.transport.write(pattern(1));
      await stage.until("a sign from us", () => far.byteCount > 0);
      await stage.turns();
      near.transport.unregisterProducer();
      far.transport.write(pattern(10));
      await stage.bothLost(ends);
      checkSame(near.count("data"), 0, "calls of dataReceived after loseConnection");
    },
  },
  {
    id: "close.fromDataReceived",
    clause:
      "loseConnection inside dataReceived: not one more chunk comes, though more has arrived.",
    needs: [],
    heavy: true,
    async run(stage) {
      const ends = await stage.open({ near: { data: (_, end) => end.transport.loseConnection() } });
      for (const piece of piecesOf(pattern(MIB), 4000)) ends.far.transport.write(piece);
      await stage.bothLost(ends);
      checkSame(ends.near.count("data"), 1, "calls of dataReceived");
    },
  },
  {
    id: "close.twice",
    clause: "loseConnection twice, or after the end, does nothing more.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(100 * KIB));
      near.transport.loseConnection();
      near.transport.loseConnection();
      near.transport.stopProducing();
      await stage.bothLost(ends);
      near.transport.loseConnection();
      near.transport.stopProducing();
      await stage.turns();
      checkBytes(far.chunks, pattern(100 * KIB), "what arrived");
      checkSame([near.count("lost"), far.count("lost")], [1, 1], "calls of connectionLost");
      checkSame(near.reasons[0]?.kind, "done", "how it ended");
    },
  },
  {
    id: "close.whilePaused",
    clause: "A paused reader does not hold a close: what it had not read is discarded.",
    needs: [],
    async run(stage) {
      const ends = await stage.open({ near: { paused: true } });
      const { near, far } = ends;
      far.transport.write(pattern(10 * KIB));
      await stage.turns(48);
      near.transport.write(pattern(10));
      near.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(far.byteCount, 10, "bytes that arrived");
      checkSame(near.count("data"), 0, "calls of dataReceived");
    },
  },
  {
    id: "close.byBoth",
    clause: "Two ends that close at once both get everything, and both are done.",
    needs: [],
    through: true,
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(10));
      far.transport.write(pattern(20));
      await stage.until("both", () => near.byteCount >= 20 && far.byteCount >= 10);
      near.transport.loseConnection();
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame([near.reasons[0]?.kind, far.reasons[0]?.kind], ["done", "done"], "how it ended");
      checkSame([near.reasons[0]?.by, far.reasons[0]?.by], ["us", "us"], "whose end came first");
    },
  },
];
