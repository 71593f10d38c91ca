import { check, checkSame, describe, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { pattern } from "../pattern.ts";
import { clog } from "./clog.ts";
import { abort } from "./verbs.ts";

/** When what was written is sent, and what the account says. */
export const flushedCases: readonly ConformanceCase[] = [
  {
    id: "flushed.resolves",
    clause: "flushed() settles once all accepted before it is sent or dropped.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      await stage.settled("nothing to be flushed", near.transport.flushed());
      near.transport.write(pattern(300 * 1024));
      await stage.settled("300 KiB to be flushed", near.transport.flushed());
      const { sent, unsent } = near.transport.ledger;
      checkSame({ sent, unsent }, { sent: 300 * 1024, unsent: 0 }, "the ledger when it settled");
      near.transport.loseConnection();
      near.transport.write(pattern(10));
      await stage.settled("what was dropped to be flushed", near.transport.flushed());
      await stage.bothLost(ends);
      await stage.settled("flushed() after the end", near.transport.flushed());
    },
  },
  {
    id: "flushed.notEarly",
    clause: "flushed() does not settle while any of it is unsent.",
    needs: ["backPressure"],
    heavy: true,
    async run(stage) {
      const { near, far } = await stage.open({ far: { paused: true } });
      let unsentWhenSettled = -1;
      await clog(stage, near);
      const noted = near.transport.flushed().then(() => {
        unsentWhenSettled = near.transport.ledger.unsent;
      });
      const flushed = stage.awaiting("the clog to be flushed", noted);
      await stage.turns();
      checkSame(unsentWhenSettled, -1, "bytes unsent when flushed() settled, the peer not reading");
      far.transport.resumeProducing();
      await flushed();
      checkSame(unsentWhenSettled, 0, "bytes unsent when flushed() settled");
    },
  },
  {
    id: "flushed.rejects",
    clause:
      "flushed() rejects with ERR_WIRE_CLOSED when the connection ends with some of it unsent.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      const { near } = ends;
      near.transport.write(pattern(1000));
      void near.transport.flushed();
      const flushed = outcome(near.transport.flushed());
      abort(near.transport);
      checkSame(await stage.settled("flushed() to settle", flushed), "closed", "flushed()");
      await stage.bothLost(ends);
      const { unsent } = near.transport.ledger;
      checkSame(unsent, 1000, "unsent");
    },
  },
  {
    id: "flushed.rejectsWhenCut",
    clause: "flushed() rejects as well when it is the peer who cuts the connection.",
    needs: ["abort", "abortVisible", "backPressure"],
    heavy: true,
    async run(stage) {
      const ends = await stage.open({ far: { paused: true } });
      const { near, far } = ends;
      await clog(stage, near);
      const flushed = stage.awaiting("flushed() to settle", outcome(near.transport.flushed()));
      abort(far.transport);
      await stage.bothLost(ends);
      checkSame(await flushed(), "closed", "flushed()");
      checkSame(
        await stage.settled("flushed() to settle", outcome(near.transport.flushed())),
        "closed",
        "flushed() after the end",
      );
    },
  },
  {
    id: "ledger.balances",
    clause:
      "accepted = sent + unsent + dropped and received = delivered + undelivered, at every moment.",
    needs: [],
    async run(stage) {
      const wrong: string[] = [];
      const look = (where: string): void => {
        for (const { transport } of [ends.near, ends.far]) {
          const { accepted, sent, unsent, dropped, inFlight, ...read } = transport.ledger;
          const isBalanced =
            accepted === sent + unsent + dropped &&
            read.received === read.delivered + read.undelivered &&
            inFlight <= unsent;
          if (!isBalanced) wrong.push(`${where}: ${JSON.stringify(transport.ledger)}`);
        }
      };
      const role = { data: () => look("in dataReceived"), lost: () => look("in connectionLost") };
      const ends = await stage.open({ near: role, far: role });
      const { near, far } = ends;
      for (let round = 1; round <= 30; round++) {
        near.transport.write(pattern(round * 300));
        far.transport.writeSequence([pattern(round), pattern(round * 100)]);
        look("after writes");
        if (round % 7 === 0) near.transport.pauseProducing();
        await stage.turns(2);
        near.transport.resumeProducing();
        look("after turns");
      }
      near.transport.loseConnection();
      near.transport.write(pattern(77));
      look("after loseConnection");
      await stage.bothLost(ends);
      look("after the end");
      check(wrong.length === 0, `it does not balance ${wrong[0]}`);
      checkSame(
        near.transport.ledger.sent,
        far.transport.ledger.received,
        "our sent, their received",
      );
    },
  },
  {
    id: "ledger.exact",
    clause: "The ledger counts each byte once, and the reason carries the closed account.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const { near, far } = ends;
      near.transport.write(pattern(1000));
      near.transport.writeSequence([pattern(200), new Uint8Array(), pattern(30)]);
      far.transport.write(pattern(500));
      await stage.until("both", () => far.byteCount >= 1230 && near.byteCount >= 500);
      near.transport.loseConnection();
      near.transport.write(pattern(4));
      await stage.bothLost(ends);
      const expected = {
        accepted: 1234,
        sent: 1230,
        unsent: 0,
        dropped: 4,
        received: 500,
        delivered: 500,
        undelivered: 0,
        inFlight: 0,
      };
      checkSame(near.reasons[0]?.ledger, expected, "the ledger in the reason");
      checkSame(near.transport.ledger, expected, "the ledger afterwards");
    },
  },
  {
    id: "ledger.undelivered",
    clause: "What was read and never given to the protocol is told as undelivered.",
    needs: [],
    async run(stage) {
      const ends = await stage.open({ near: { data: (_, end) => end.transport.loseConnection() } });
      const { near, far } = ends;
      for (let round = 0; round < 20; round++) far.transport.write(pattern(10_000));
      await stage.bothLost(ends);
      const { received, delivered, undelivered } = near.reasons[0]?.ledger ?? near.transport.ledger;
      checkSame(delivered, near.byteCount, "delivered");
      checkSame(undelivered, received - delivered, "undelivered");
    },
  },
  {
    id: "ledger.unsent",
    clause: "What an abrupt end left queued is told as unsent.",
    needs: ["abort", "backPressure"],
    heavy: true,
    async run(stage) {
      const ends = await stage.open({ far: { paused: true } });
      const { near, far } = ends;
      await clog(stage, near);
      abort(near.transport);
      await stage.until("our end", () => near.isLost);
      far.transport.resumeProducing();
      await stage.bothLost(ends);
      const { accepted, sent, unsent } = near.reasons[0]?.ledger ?? near.transport.ledger;
      check(unsent > 0, "nothing is unsent, though the peer did not read");
      checkSame(accepted, sent + unsent, "accepted");
      check(
        far.byteCount <= accepted - unsent + near.transport.ledger.inFlight,
        "more arrived than sent",
      );
    },
  },
];

/** How a `flushed()` settled. */
function outcome(flushed: Promise<void>): Promise<string> {
  return flushed.then(
    () => "resolved",
    (error: unknown) => (hasCode("ERR_WIRE_CLOSED")(error) ? "closed" : describe(error)),
  );
}
