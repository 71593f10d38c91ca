import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { pattern } from "../pattern.ts";
import { Source } from "../source.ts";
import { microtasks } from "../stage.ts";
import { abort } from "./verbs.ts";

/** Abort is immediate in effect, and told in a later turn. */
export const abortCases: readonly ConformanceCase[] = [
  {
    id: "abort.discards",
    clause: "abortConnection discards what is queued: nothing more is sent.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(1000));
      await stage.until("the first bytes", () => far.byteCount >= 1000);
      near.transport.write(pattern(2000));
      abort(near.transport);
      near.transport.write(pattern(3000));
      await stage.bothLost(ends);
      checkSame(far.byteCount, 1000, "bytes that arrived");
      const { sent, unsent, dropped } = near.reasons[0]?.ledger ?? near.transport.ledger;
      checkSame({ sent, lost: unsent + dropped }, { sent: 1000, lost: 5000 }, "the ledger");
    },
  },
  {
    id: "abort.laterTurn",
    clause:
      "connectionLost follows an abort in a later turn: not inside the call, not in its microtasks.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      near.inside("abortConnection", () => abort(near.transport));
      await microtasks();
      check(!near.isLost, "connectionLost came in the microtasks of abortConnection");
      await stage.bothLost(ends);
      checkSame(near.reentered, [], "calls from inside a call");
    },
  },
  {
    id: "abort.visible",
    clause:
      "The peer sees our abort as a reset, or, without abortVisible, as a plain end; with endMark, as one cut short.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(10));
      await stage.until("the bytes", () => far.byteCount >= 10);
      abort(near.transport);
      await stage.bothLost(ends);
      const { kind, by, code } = far.reasons[0] ?? {};
      const plain = stage.capabilities.has("endMark")
        ? { kind: "lost", by: "wire", code: "ERR_WIRE_TRUNCATED" }
        : { kind: "done", by: "peer" };
      const expected = stage.capabilities.has("abortVisible")
        ? { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" }
        : plain;
      checkSame({ kind, by, code }, expected, "what the peer was told");
    },
  },
  {
    id: "abort.silentAfter",
    clause: "After abortConnection the protocol receives no more data, though more has arrived.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open({ near: { data: (_, end) => abort(end.transport) } });
      const { near, far } = ends;
      for (let count = 0; count < 100; count++) far.transport.write(pattern(4000));
      await stage.bothLost(ends);
      checkSame(near.calls, ["made", "data", "lost"], "what the protocol was told");
    },
  },
  {
    id: "abort.twice",
    clause: "abortConnection twice, or after the end, does nothing more.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      abort(near.transport);
      abort(near.transport);
      near.transport.loseConnection();
      await stage.bothLost(ends);
      abort(near.transport);
      await stage.turns();
      checkSame(near.calls, ["made", "lost"], "what the protocol was told");
      checkSame([near.reasons[0]?.kind, near.reasons[0]?.by], ["aborted", "us"], "the reason");
    },
  },
  {
    id: "abort.whileClosing",
    clause: "An abort cuts a close short, held by a producer or not, and the reason is the abort.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open({ far: { halfOpen: true } });
      const { near } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.loseConnection();
      await stage.turns();
      abort(near.transport);
      await stage.until("our end", () => near.isLost);
      checkSame(source.told, ["stop"], "what the producer was told");
      checkSame([near.reasons[0]?.kind, near.reasons[0]?.by], ["aborted", "us"], "the reason");
    },
  },
];
