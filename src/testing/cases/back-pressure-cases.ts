import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import { Source } from "../source.ts";
import { CLOG_BYTES, clog, stuck } from "./clog.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const MARKS = { writeHigh: 64 * KIB, writeLow: 16 * KIB };

/** Back-pressure both ways. */
export const backPressureCases: readonly ConformanceCase[] = [
  {
    id: "producer.pausedAtHigh",
    clause:
      "A push producer is paused inside the write that leaves more than writeHigh queued, not before.",
    needs: [],
    async run(stage) {
      const { near } = await stage.open({ limits: MARKS });
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(64 * KIB));
      checkSame(source.told, [], "what it was told at the mark");
      near.transport.write(pattern(1));
      checkSame(source.told, ["pause"], "what it was told above the mark");
      near.transport.unregisterProducer();
    },
  },
  {
    id: "producer.resumedAtLow",
    clause: "A paused producer is resumed when no more than writeLow is queued, and not earlier.",
    needs: [],
    heavy: true,
    async run(stage) {
      const unsentAtResume: number[] = [];
      const { near, far } = await stage.open({ limits: MARKS });
      const source = new Source(() => unsentAtResume.push(near.transport.ledger.unsent));
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(2 * MIB));
      await stage.until("the producer to be resumed", () => unsentAtResume.length > 0);
      near.transport.unregisterProducer();
      await stage.until("all bytes", () => far.byteCount >= 2 * MIB);
      const [unsent = 0] = unsentAtResume;
      check(unsent <= MARKS.writeLow, `it was resumed with ${unsent} bytes still queued`);
    },
  },
  {
    id: "producer.alternates",
    clause: "Pauses and resumes alternate, however often it writes while paused.",
    needs: [],
    through: true,
    heavy: true,
    async run(stage) {
      const ends = await stage.open({ limits: MARKS });
      const { near, far } = ends;
      const data = pattern(8 * MIB);
      const pieces = piecesOf(data, 100_000);
      const produce = (): void => {
        while (!source.isPaused) {
          const next = pieces.next();
          if (next.done === true) {
            finish();
            return;
          }
          near.transport.write(next.value);
        }
        const more = pieces.next();
        if (more.done !== true) near.transport.write(more.value);
      };
      const finish = (): void => {
        near.transport.unregisterProducer();
        near.transport.loseConnection();
      };
      const source = new Source(produce);
      near.transport.registerProducer(source, true);
      produce();
      await stage.bothLost(ends);
      checkBytes(far.chunks, data, "what arrived");
      const wrong = source.told.findIndex(
        (word, at) => word !== (at % 2 === 0 ? "pause" : "resume"),
      );
      check(wrong === -1, `call ${wrong} of the producer was ${source.told[wrong]} out of turn`);
      check(source.told.length >= 2, "it was never paused");
    },
  },
  {
    id: "producer.resumedOutsideWrite",
    clause: "resumeProducing never comes inside write.",
    needs: [],
    heavy: true,
    async run(stage) {
      let isInWrite = false;
      let resumesInWrite = 0;
      const { near, far } = await stage.open({ limits: MARKS });
      const source = new Source(() => {
        if (isInWrite) resumesInWrite++;
      });
      near.transport.registerProducer(source, true);
      for (let round = 0; round < 8; round++) {
        isInWrite = true;
        near.transport.write(pattern(512 * KIB));
        near.transport.write(pattern(1));
        isInWrite = false;
        await stage.turns(2);
      }
      near.transport.unregisterProducer();
      await stage.until("all bytes", () => far.byteCount >= 8 * (512 * KIB + 1));
      checkSame(resumesInWrite, 0, "resumes inside write");
    },
  },
  {
    id: "backPressure.slowReader",
    clause:
      "A reader that has paused stops the producer at the other end, however much it may read ahead.",
    needs: ["backPressure"],
    through: true,
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open({
        far: { paused: true },
        limits: { ...MARKS, readHigh: 4 * CLOG_BYTES, readLow: 4 * CLOG_BYTES },
      });
      const piece = pattern(64 * KIB);
      let produced = 0;
      const produce = (): void => {
        while (!source.isPaused && produced < 2 * CLOG_BYTES) {
          produced += piece.byteLength;
          near.transport.write(piece);
        }
      };
      const source = new Source(produce);
      near.transport.registerProducer(source, true);
      produce();
      await stuck(stage, () => produced);
      check(produced < 2 * CLOG_BYTES, `nothing held the producer: ${produced} bytes went nowhere`);
      const { unsent } = near.transport.ledger;
      check(
        unsent <= MARKS.writeHigh + piece.byteLength,
        `${unsent} bytes are queued at the writer`,
      );
      near.transport.unregisterProducer();
      far.transport.resumeProducing();
      await stage.until("all that was produced", () => far.byteCount >= produced);
    },
  },
  {
    id: "backPressure.readMarks",
    clause: "What is read ahead of a paused reader stays within readHigh and what was on its way.",
    needs: ["backPressure"],
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open({
        far: { paused: true },
        limits: { readHigh: 64 * KIB, readLow: 16 * KIB },
      });
      const written = await clog(stage, near);
      await stuck(stage, () => far.transport.ledger.received);
      const { undelivered } = far.transport.ledger;
      check(
        undelivered <= MIB,
        `${undelivered} bytes wait in the memory of a reader that has paused`,
      );
      far.transport.resumeProducing();
      await stage.until("all of it", () => far.byteCount >= written.length * MIB);
    },
  },
];
