import type { Bytes, Capability, Direction, Observer } from "../../contract/index.ts";
import { check, checkSame, checkThrows, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";

/** What a wire can do, and what can be seen of it. */
export const capabilityCases: readonly ConformanceCase[] = [
  {
    id: "capability.told",
    clause: "A transport tells its capabilities: the same words as its wire.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const words = [
        ...["abort", "abortVisible", "endMark", "halfClose", "linger", "backPressure"],
      ] as Capability[];
      const declared = words.filter((word) => stage.capabilities.has(word));
      for (const { transport } of [near, far]) {
        const told = words.filter((word) => transport.capabilities.has(word));
        checkSame(told, declared, "the capabilities");
      }
    },
  },
  {
    id: "capability.refused",
    clause:
      "What a wire cannot do is refused by name, ERR_WIRE_UNSUPPORTED; never silently something else.",
    needs: [],
    async run(stage) {
      const methods = [
        ["abort", "abortConnection"],
        ["halfClose", "loseWriteConnection"],
      ] as const satisfies readonly (readonly [Capability, string])[];
      for (const [capability, method] of methods) {
        const { near } = await stage.open();
        const call = Reflect.get(near.transport, method) as (() => void) | undefined;
        if (stage.capabilities.has(capability)) {
          check(typeof call === "function", `it can ${capability}, and has no ${method}()`);
          continue;
        }
        if (call === undefined) continue;
        const what = `${method}() without the capability must throw ERR_WIRE_UNSUPPORTED`;
        checkThrows(() => call.call(near.transport), hasCode("ERR_WIRE_UNSUPPORTED"), what);
        near.transport.write(pattern(1));
        await stage.turns();
        check(!near.isLost, `${method}() was refused, and ended the connection all the same`);
      }
    },
  },
  {
    id: "observe.bytes",
    clause: "An observer sees every byte, in as it is delivered and out as it is sent.",
    needs: [],
    async run(stage) {
      const seen = new Seen();
      const ends = await stage.open({ observers: { near: seen } });
      const { near, far } = ends;
      near.transport.write(pattern(40_000));
      far.transport.write(pattern(20_000, 2));
      await stage.until("both", () => near.byteCount >= 20_000 && far.byteCount >= 40_000);
      checkBytes(seen.out, pattern(40_000), "what the observer saw going out");
      checkBytes(seen.in, pattern(20_000, 2), "what the observer saw coming in");
    },
  },
  {
    id: "observe.counted",
    clause: "An observer that counts is told how many bytes crossed, both ways.",
    needs: [],
    async run(stage) {
      const counts = { in: 0, out: 0 };
      const observer: Observer = {
        counted: (direction, byteCount) => {
          counts[direction] += byteCount;
        },
      };
      const { near, far } = await stage.open({ observers: { near: observer } });
      near.transport.write(pattern(40_000));
      far.transport.write(pattern(20_000, 2));
      await stage.until("both", () => near.byteCount >= 20_000 && far.byteCount >= 40_000);
      checkSame(counts.out, 40_000, "what the observer counted going out");
      checkSame(counts.in, 20_000, "what the observer counted coming in");
    },
  },
  {
    id: "observe.ended",
    clause:
      "An observer is told opened first, and ended last, before the protocol's connectionLost.",
    needs: [],
    async run(stage) {
      const order: string[] = [];
      const observer: Observer = {
        opened: ({ host, peer }) => void order.push(`opened ${host.kind} ${peer.kind}`),
        ended: ({ kind, by }) => void order.push(`ended ${kind} ${by}`),
      };
      const ends = await stage.open({
        observers: { near: observer },
        near: {
          made: () => void order.push("made"),
          lost: () => void order.push("lost"),
        },
      });
      ends.near.transport.loseConnection();
      await stage.bothLost(ends);
      const { kind } = ends.near.transport.getHost();
      const { kind: peerKind } = ends.near.transport.getPeer();
      const expected = [`opened ${kind} ${peerKind}`, "made", "ended done us", "lost"];
      checkSame(order, expected, "the order");
    },
  },
  {
    id: "observe.pauses",
    clause: "An observer is told when the reader pauses and resumes, and when the producer does.",
    needs: [],
    async run(stage) {
      const told: string[] = [];
      const observer: Observer = {
        paused: (direction) => void told.push(`paused ${direction}`),
        resumed: (direction) => void told.push(`resumed ${direction}`),
      };
      const limits = { writeHigh: 1000, writeLow: 100 };
      const { near, far } = await stage.open({ observers: { near: observer }, limits });
      near.transport.pauseProducing();
      near.transport.resumeProducing();
      checkSame(told.splice(0), ["paused in", "resumed in"], "what it was told of the reader");
      const producer = { pauseProducing() {}, resumeProducing() {}, stopProducing() {} };
      near.transport.registerProducer(producer, true);
      near.transport.write(pattern(5000));
      await stage.until("the bytes", () => far.byteCount >= 5000 && told.length >= 2);
      near.transport.unregisterProducer();
      checkSame(told, ["paused out", "resumed out"], "what it was told of the producer");
    },
  },
  {
    id: "observe.harmless",
    clause:
      "An observer that throws is reported to onError, and changes nothing for the connection.",
    needs: [],
    async run(stage) {
      const error = new Error("the observer broke");
      const broken = (): never => {
        throw error;
      };
      const observer: Observer = { opened: broken, bytes: broken, ended: broken };
      const ends = await stage.open({ observers: { near: observer } });
      const { near, far } = ends;
      near.transport.write(pattern(1000));
      far.transport.write(pattern(1000, 2));
      await stage.until("both", () => near.byteCount >= 1000 && far.byteCount >= 1000);
      near.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(near.reasons[0]?.kind, "done", "how it ended");
      check(stage.reported.length > 0, "onError was not told");
      check(
        stage.reported.every((reported) => reported.error === error),
        "onError was told another error",
      );
    },
  },
];

/** The bytes an observer saw, copied as it must. */
class Seen implements Observer {
  readonly in: Bytes[] = [];
  readonly out: Bytes[] = [];

  bytes(direction: Direction, data: Bytes): void {
    this[direction].push(data.slice());
  }
}
