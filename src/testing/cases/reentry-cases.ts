import type { Transport } from "../../contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../contract/index.ts";
import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";
import { Source } from "../source.ts";
import { microtasks } from "../stage.ts";
import { insideBoth } from "../stage-end.ts";
import { endWriting } from "./verbs.ts";

/** Never re-enter. */
export const reentryCases: readonly ConformanceCase[] = [
  {
    id: "reentry.write",
    clause: "No protocol, neither ours nor the peer's, is called inside write or writeSequence.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      for (const byteCount of [1, 300 * 1024]) {
        const before = far.byteCount;
        insideBoth(ends, "write", () => near.transport.write(pattern(byteCount)));
        insideBoth(ends, "writeSequence", () => near.transport.writeSequence([pattern(5)]));
        await stage.until("what was written", () => far.byteCount >= before + byteCount + 5);
      }
      checkSame([...near.reentered, ...far.reentered], [], "calls from inside a call");
    },
  },
  {
    id: "reentry.close",
    clause:
      "No protocol is called inside loseConnection, loseWriteConnection, abortConnection or unregisterProducer.",
    needs: [],
    async run(stage) {
      const hows: readonly ((transport: Transport) => void)[] = [
        (transport) => transport.loseConnection(),
        (transport) => transport.stopProducing(),
        (transport) => isAbortable(transport) && transport.abortConnection(),
        (transport) => isHalfCloseable(transport) && transport.loseWriteConnection(),
      ];
      for (const how of hows) {
        const ends = await stage.open();
        const { near, far } = ends;
        near.transport.registerProducer(new Source(), true);
        insideBoth(ends, "the close", () => how(near.transport));
        insideBoth(ends, "unregisterProducer", () => near.transport.unregisterProducer());
        await stage.turns();
        insideBoth(ends, "loseConnection", () => near.transport.loseConnection());
        await stage.bothLost(ends);
        checkSame([...near.reentered, ...far.reentered], [], "calls from inside a call");
      }
    },
  },
  {
    id: "reentry.closeHalfClosed",
    clause:
      "loseConnection with our direction ended already tells the end in a later turn all the same.",
    needs: ["halfClose"],
    async run(stage) {
      const ends = await stage.open({ near: { halfOpen: true }, far: { halfOpen: true } });
      const { near, far } = ends;
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      endWriting(far.transport);
      insideBoth(ends, "loseConnection", () => near.transport.loseConnection());
      await stage.bothLost(ends);
      checkSame([...near.reentered, ...far.reentered], [], "calls from inside a call");
    },
  },
  {
    id: "reentry.resume",
    clause: "resumeProducing delivers in a later turn, never inside the call or its microtasks.",
    needs: [],
    async run(stage) {
      const ends = await stage.open({
        near: { data: (_, end) => end.count("data") <= 5 && end.transport.pauseProducing() },
      });
      const { near, far } = ends;
      const data = pattern(100_000);
      for (const piece of piecesOf(data, 5000)) far.transport.write(piece);
      await stage.until("the first chunk", () => near.byteCount > 0);
      while (near.byteCount < data.byteLength) {
        await stage.turns(48);
        const before = near.byteCount;
        insideBoth(ends, "resumeProducing", () => near.transport.resumeProducing());
        await microtasks();
        checkSame(near.byteCount, before, "bytes delivered by the microtasks of resumeProducing");
        const isAll = before === data.byteLength;
        await stage.until("what was held", () => isAll || near.byteCount > before);
      }
      const next = stage.end({ paused: true });
      near.transport.switchProtocol(next.protocol, pattern(10));
      await stage.until("the next protocol to be made", () => next.count("made") > 0);
      next.inside("resumeProducing", () => next.transport.resumeProducing());
      await microtasks();
      checkSame(next.byteCount, 0, "early bytes delivered by the microtasks of resumeProducing");
      await stage.until("the early bytes", () => next.byteCount >= 10);
      checkSame([...near.reentered, ...next.reentered], [], "calls from inside a call");
    },
  },
  {
    id: "reentry.microtask",
    clause:
      "A microtask is not a later turn: nothing is delivered in the microtasks of a write or a close.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(400 * 1024));
      await microtasks();
      checkSame(far.count("data"), 0, "chunks delivered in the microtasks of write");
      near.transport.loseConnection();
      await microtasks();
      check(!near.isLost && !far.isLost, "connectionLost came in the microtasks of loseConnection");
      await stage.bothLost(ends);
      checkBytes(far.chunks, pattern(400 * 1024), "what arrived");
    },
  },
];
