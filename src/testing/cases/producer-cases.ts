import type { PushProducer } from "../../contract/index.ts";
import { check, checkSame, checkThrows, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";
import { Source } from "../source.ts";
import type { StageEnd } from "../stage-end.ts";
import { abort, close } from "./verbs.ts";

/** Who may write, and until when. */
export const producerCases: readonly ConformanceCase[] = [
  {
    id: "producer.onlyOne",
    clause: "A second registerProducer throws ERR_WIRE_PRODUCER_REGISTERED; the first one stays.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      const [first, second] = [new Source(), new Source()];
      near.transport.registerProducer(first, true);
      checkThrows(
        () => near.transport.registerProducer(second, false),
        hasCode("ERR_WIRE_PRODUCER_REGISTERED"),
        "a second producer must be refused",
      );
      near.transport.loseConnection();
      await stage.turns();
      check(!near.isLost, "the first producer no longer holds the close");
      near.transport.unregisterProducer();
      await stage.bothLost(ends);
      checkSame(second.told, [], "what the second producer was told");
    },
  },
  {
    id: "producer.checked",
    clause: "What is not a producer is a TypeError at the call, and nothing is registered.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      const wrong: readonly unknown[] = [null, {}, { resumeProducing() {}, stopProducing() {} }];
      for (const producer of wrong) {
        checkThrows(
          () => near.transport.registerProducer(producer as PushProducer, true),
          (error) => error instanceof TypeError,
          "what lacks a method must be a TypeError",
        );
      }
      near.transport.loseConnection();
      await stage.bothLost(ends);
    },
  },
  {
    id: "producer.registerAfterEnd",
    clause:
      "Registered after an abort or the end, a producer is stopped before registerProducer returns.",
    needs: [],
    async run(stage) {
      const late: Source[] = [];
      const registerTwo = ({ transport }: StageEnd): void => {
        for (const streaming of [true, false]) {
          const source = new Source();
          late.push(source);
          transport.registerProducer(source, streaming as true);
          checkSame(source.told, ["stop"], "what a late producer was told at once");
        }
      };
      const hows = stage.capabilities.has("abort") ? [abort, close] : [close];
      for (const how of hows) {
        const ends = await stage.open();
        how(ends.near.transport);
        if (how === abort) registerTwo(ends.near);
        await stage.bothLost(ends);
        registerTwo(ends.near);
      }
      await stage.turns();
      for (const { told } of late) checkSame(told, ["stop"], "what a late one was told in all");
    },
  },
  {
    id: "producer.registerWhileClosing",
    clause:
      "Registered after loseConnection, before anything was sent, a producer still holds the close.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(10));
      near.transport.loseConnection();
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(10, 2));
      await stage.until("both writes", () => far.byteCount >= 20);
      await stage.turns();
      check(!near.isLost && !far.isLost, "it closed while a producer was registered");
      near.transport.unregisterProducer();
      await stage.bothLost(ends);
      checkSame(source.told, [], "what the producer was told");
    },
  },
  {
    id: "producer.unregisterReleasesClose",
    clause:
      "A close that a producer held goes on when it unregisters; without a producer nothing happens.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.unregisterProducer();
      near.transport.registerProducer(new Source(), true);
      near.transport.loseConnection();
      await stage.turns();
      near.transport.write(pattern(100));
      near.transport.unregisterProducer();
      near.transport.unregisterProducer();
      await stage.bothLost(ends);
      checkBytes(far.chunks, pattern(100), "what was written just before unregistering");
      near.transport.unregisterProducer();
      checkSame(near.count("lost"), 1, "calls of connectionLost");
    },
  },
  {
    id: "producer.pullOncePerDrain",
    clause:
      "A pull producer is resumed once inside registerProducer, then once each time all was sent.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const unsentAtResume: number[] = [];
      let rounds = 0;
      const source = new Source(() => {
        unsentAtResume.push(near.transport.ledger.unsent);
        near.transport.write(pattern(5000, ++rounds));
        if (rounds === 20) near.transport.unregisterProducer();
      });
      near.transport.registerProducer(source, false);
      checkSame(rounds, 1, "resumes inside registerProducer");
      await stage.until("twenty answers", () => far.byteCount >= 20 * 5000);
      await stage.turns();
      checkSame(rounds, 20, "resumes");
      checkSame(unsentAtResume, new Array(20).fill(0), "bytes still unsent when it was resumed");
      checkSame(far.byteCount, 20 * 5000, "bytes that arrived");
    },
  },
  {
    id: "producer.pullEmptyAnswer",
    clause:
      "A pull producer that writes nothing is not asked again until later bytes of it were sent.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const source = new Source();
      near.transport.registerProducer(source, false);
      await stage.turns();
      checkSame(source.told, ["resume"], "what it was told, having written nothing");
      near.transport.write(pattern(10));
      await stage.until("its later bytes", () => far.byteCount >= 10 && source.told.length >= 2);
      await stage.turns();
      checkSame(source.told, ["resume", "resume"], "what it was told after its later bytes");
      near.transport.unregisterProducer();
    },
  },
  {
    id: "producer.stoppedOnce",
    clause:
      "A producer still registered at the end is stopped exactly once, before connectionLost.",
    needs: ["abort"],
    async run(stage) {
      const whoAborts = stage.capabilities.has("abortVisible") ? BOTH : (["near"] as const);
      for (const whose of whoAborts) {
        const order: string[] = [];
        const ends = await stage.open({ near: { lost: () => void order.push("lost") } });
        const producer: PushProducer = {
          pauseProducing() {},
          resumeProducing() {},
          stopProducing: () => void order.push("stop"),
        };
        ends.near.transport.registerProducer(producer, true);
        abort(ends[whose].transport);
        await stage.bothLost(ends);
        checkSame(order, ["stop", "lost"], `the order after the ${whose} end aborted`);
      }
    },
  },
  {
    id: "producer.forgotten",
    clause: "An unregistered producer is told nothing more, not even the end.",
    needs: [],
    async run(stage) {
      const ends = await stage.open({ limits: { writeHigh: 1000, writeLow: 100 } });
      const { near, far } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(5000));
      near.transport.unregisterProducer();
      near.transport.write(pattern(5000));
      await stage.until("10 000 bytes", () => far.byteCount >= 10_000);
      far.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(source.told, ["pause"], "what the unregistered producer was told");
    },
  },
  {
    id: "producer.freshStart",
    clause:
      "A new producer counts as running: it is never resumed for a pause that another one got.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open({ limits: { writeHigh: 1000, writeLow: 100 } });
      const [old, fresh] = [new Source(), new Source()];
      near.transport.registerProducer(old, true);
      near.transport.write(pattern(100_000));
      checkSame(old.told, ["pause"], "what the first producer was told");
      near.transport.unregisterProducer();
      await stage.settled("the first producer's bytes to be sent", near.transport.flushed());
      near.transport.registerProducer(fresh, true);
      near.transport.write(pattern(10));
      await stage.until("all bytes", () => far.byteCount >= 100_010);
      await stage.turns();
      checkSame(fresh.told, [], "what the second producer was told");
      near.transport.unregisterProducer();
    },
  },
  {
    id: "producer.throws",
    clause:
      "A producer that throws has its connection aborted with that error; the call does not throw.",
    needs: [],
    async run(stage) {
      const error = new Error("the producer broke");
      const ends = await stage.open({ limits: { writeHigh: 1000, writeLow: 100 } });
      const { near } = ends;
      const source = new Source(undefined, () => {
        throw error;
      });
      near.transport.registerProducer(source, true);
      near.transport.write(pattern(5000));
      await stage.bothLost(ends);
      const reason = near.reasons[0];
      checkSame(
        [reason?.kind, reason?.by, reason?.code],
        ["failed", "us", "ERR_WIRE_PROTOCOL_THREW"],
        "the reason",
      );
      const told = [reason?.error, reason?.error?.cause];
      check(told.includes(error), "the reason does not carry the producer's error");
    },
  },
];

const BOTH = ["near", "far"] as const;
