import type { Bytes } from "../../contract/index.ts";
import { check, checkSame, checkThrows } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import { Source } from "../source.ts";
import { microtasks } from "../stage.ts";

const KIB = 1024;
const MIB = KIB * KIB;

/** Order, and no short write. */
export const writeCases: readonly ConformanceCase[] = [
  {
    id: "write.order",
    clause: "Bytes arrive in the order they were written, none lost, doubled or changed.",
    needs: [],
    through: true,
    async run(stage) {
      const { near, far } = await stage.open();
      const data = pattern(200_000);
      for (const piece of piecesOf(data, 777)) near.transport.write(piece);
      await stage.until("200 000 bytes", () => far.byteCount >= data.byteLength);
      checkBytes(far.chunks, data, "what arrived");
    },
  },
  {
    id: "write.whole",
    clause: "A write is never short: every byte of it is accepted and sent.",
    needs: [],
    through: true,
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open();
      const data = pattern(4 * MIB + 1);
      near.transport.write(data);
      checkSame(near.transport.ledger.accepted, data.byteLength, "accepted");
      await stage.until("4 MiB and a byte", () => far.byteCount >= data.byteLength);
      checkBytes(far.chunks, data, "what arrived");
    },
  },
  {
    id: "write.bothWays",
    clause: "The two directions do not disturb each other.",
    needs: [],
    through: true,
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open();
      const [there, back] = [pattern(MIB, 2), pattern(MIB, 3)];
      for (const piece of piecesOf(there, 64 * KIB)) near.transport.write(piece);
      for (const piece of piecesOf(back, 10_000)) far.transport.write(piece);
      await stage.until(
        "a mebibyte each way",
        () => far.byteCount >= there.byteLength && near.byteCount >= back.byteLength,
      );
      checkBytes(far.chunks, there, "what arrived there");
      checkBytes(near.chunks, back, "what arrived back");
    },
  },
  {
    id: "write.fromDataReceived",
    clause: "What is written inside dataReceived queues behind what was written before.",
    needs: [],
    through: true,
    async run(stage) {
      const first = pattern(300 * KIB, 4);
      const second = pattern(1000, 5);
      const { far } = await stage.open({
        near: {
          data: (_, end) => {
            if (end.count("data") !== 1) return;
            end.transport.write(first);
            end.transport.write(second);
          },
        },
      });
      far.transport.write(pattern(1));
      await stage.until("the answer", () => far.byteCount >= first.byteLength + second.byteLength);
      const expected = new Uint8Array(first.byteLength + second.byteLength);
      expected.set(first);
      expected.set(second, first.byteLength);
      checkBytes(far.chunks, expected, "the answer");
    },
  },
  {
    id: "write.nested",
    clause: "What a producer writes when it is paused inside a write comes after that write.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open({ limits: { writeHigh: 1000, writeLow: 100 } });
      const [outer, inner] = [pattern(2000, 6), pattern(10, 7)];
      const source = new Source(undefined, () => near.transport.write(inner));
      near.transport.registerProducer(source, true);
      near.transport.write(outer);
      near.transport.unregisterProducer();
      check(source.told.includes("pause"), "the producer was not paused by the write");
      await stage.until("2010 bytes", () => far.byteCount >= 2010);
      const expected = new Uint8Array(2010);
      expected.set(outer);
      expected.set(inner, 2000);
      checkBytes(far.chunks, expected, "what arrived");
    },
  },
  {
    id: "write.bytesOnly",
    clause: "What is not a Uint8Array is a TypeError at the call, before any effect, in any state.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      const wrong: readonly unknown[] = [
        "text",
        [1, 2],
        new ArrayBuffer(3),
        undefined,
        7,
        new Uint16Array(2),
      ];
      const refuses = (state: string): void => {
        for (const data of wrong) {
          const what = `write(${Object.prototype.toString.call(data)}) on ${state} must throw TypeError`;
          checkThrows(() => near.transport.write(data as Bytes), isTypeError, what);
        }
      };
      refuses("an open connection");
      checkSame(near.transport.ledger.accepted, 0, "accepted");
      near.transport.write(pattern(5));
      await stage.until("5 bytes", () => far.byteCount >= 5);
      checkBytes(far.chunks, pattern(5), "what arrived");
      near.transport.loseConnection();
      refuses("a closing connection");
      await stage.bothLost(ends);
      refuses("a closed connection");
    },
  },
  {
    id: "write.empty",
    clause: "An empty write is a complete no-op: no chunk, no end.",
    needs: [],
    through: true,
    async run(stage) {
      const { near, far } = await stage.open();
      near.transport.write(new Uint8Array());
      near.transport.writeSequence([new Uint8Array(), new Uint8Array()]);
      near.transport.writeSequence([]);
      await stage.turns();
      check(far.calls.length === 1, `the peer was told ${far.calls.slice(1).join(", ")}`);
      near.transport.write(pattern(3));
      await stage.until("3 bytes", () => far.byteCount >= 3);
      checkBytes(far.chunks, pattern(3), "what arrived");
      check(!far.isLost, "the peer was told the end");
      checkSame(near.transport.ledger.accepted, 3, "accepted");
    },
  },
  {
    id: "write.afterClose",
    clause: "Without a producer, writes after loseConnection are ignored and counted as dropped.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(1000));
      near.transport.loseConnection();
      near.transport.write(pattern(10, 9));
      near.transport.writeSequence([pattern(20, 9), pattern(30, 9)]);
      await stage.bothLost(ends);
      checkBytes(far.chunks, pattern(1000), "what arrived");
      const { accepted, dropped } = near.reasons[0]?.ledger ?? near.transport.ledger;
      checkSame({ accepted, dropped }, { accepted: 1060, dropped: 60 }, "the ledger");
    },
  },
  {
    id: "write.afterLost",
    clause: "After connectionLost a write is ignored: it does not throw and is not counted.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      near.transport.loseConnection();
      await stage.bothLost(ends);
      const before = near.transport.ledger;
      near.transport.write(pattern(10));
      near.transport.writeSequence([pattern(10)]);
      checkSame(near.transport.ledger, before, "the ledger");
    },
  },
  {
    id: "write.untouched",
    clause: "The transport never changes the bytes it is given.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const mine = pattern(300 * KIB, 10);
      const small = pattern(100, 11);
      near.transport.write(mine);
      near.transport.writeSequence([small]);
      await stage.until("all of it", () => far.byteCount >= mine.byteLength + small.byteLength);
      checkBytes([mine], pattern(300 * KIB, 10), "the writer's own chunk");
      checkBytes([small], pattern(100, 11), "the writer's own small chunk");
    },
  },
  {
    id: "write.ownedAfterFlush",
    clause:
      "Once flushed() has settled the writer may change its chunk, and the peer sees nothing of it.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      for (const byteCount of [1000, 128 * KIB]) {
        const mine = pattern(byteCount, 12);
        const before = far.byteCount;
        far.transport.pauseProducing();
        near.transport.write(mine);
        const overwritten = near.transport.flushed().then(() => void mine.fill(0));
        const flushed = stage.awaiting("the write to be flushed", overwritten);
        await stage.turns(48);
        far.transport.resumeProducing();
        await flushed();
        await stage.until("the chunk", () => far.byteCount >= before + byteCount);
        checkBytes(far.chunks.splice(0), pattern(byteCount, 12), "what the peer keeps");
      }
    },
  },
  {
    id: "write.coalesces",
    clause: "Writes of one turn leave together, once the microtasks it started have run.",
    needs: [],
    async run(stage) {
      const sentInTurn: number[] = [];
      let isWritten = false;
      const { far } = await stage.open({
        near: {
          data: (_, end) => {
            const tenWrites = async (): Promise<void> => {
              for (let write = 0; write < 10; write++) {
                end.transport.write(pattern(100));
                sentInTurn.push(end.transport.ledger.sent);
                if (write > 4) await microtasks(3);
              }
              isWritten = true;
            };
            void tenWrites();
          },
        },
      });
      far.transport.write(pattern(1));
      await stage.until("the ten writes", () => isWritten && far.byteCount >= 1000);
      checkSame(sentInTurn, new Array(10).fill(0), "bytes sent while the turn lasted");
    },
  },
];

const isTypeError = (error: unknown): boolean => error instanceof TypeError;
