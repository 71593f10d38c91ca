import { check, checkSame } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { pattern } from "../pattern.ts";
import type { StageEnd } from "../stage-end.ts";
import { abort, endWriting } from "./verbs.ts";

/** Why a connection ended, and who is told what. */
export const endCases: readonly ConformanceCase[] = [
  {
    id: "reason.done",
    clause: "A close that completed is done, by the side whose end came first.",
    needs: [],
    through: true,
    async run(stage) {
      const ends = await stage.open();
      ends.near.transport.write(pattern(10));
      ends.near.transport.loseConnection();
      await stage.bothLost(ends);
      checkReason(ends.near, { kind: "done", by: "us" });
      checkReason(ends.far, { kind: "done", by: "peer" });
    },
  },
  {
    id: "reason.doneByHalves",
    clause: "For done, loseWriteConnection counts as our end, even if the peer closes afterwards.",
    needs: ["halfClose"],
    through: true,
    async run(stage) {
      const ends = await stage.open({ near: { halfOpen: true }, far: { halfOpen: true } });
      endWriting(ends.near.transport);
      await stage.until("our end to arrive", () => ends.far.count("readLost") > 0);
      ends.far.transport.loseConnection();
      await stage.bothLost(ends);
      checkReason(ends.near, { kind: "done", by: "us" });
      checkReason(ends.far, { kind: "done", by: "peer" });
    },
  },
  {
    id: "reason.aborted",
    clause: "Our abort is aborted, by us, whatever the peer does at the same time.",
    needs: ["abort"],
    async run(stage) {
      const ends = await stage.open();
      abort(ends.near.transport);
      ends.far.transport.loseConnection();
      await stage.bothLost(ends);
      checkReason(ends.near, { kind: "aborted", by: "us" });
    },
  },
  {
    id: "reason.lost",
    clause: "A reset by the peer is lost, by the peer, ERR_WIRE_RESET.",
    needs: ["abort", "abortVisible"],
    async run(stage) {
      const ends = await stage.open();
      abort(ends.far.transport);
      await stage.bothLost(ends);
      checkReason(ends.near, { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" });
      check(ends.near.reasons[0]?.error instanceof Error, "the reason carries no error");
    },
  },
  {
    id: "reason.lostWhileClosing",
    clause: "A done that is not yet complete gives way to a reset.",
    needs: ["abort", "abortVisible", "linger"],
    async run(stage) {
      const ends = await stage.open({ far: { halfOpen: true } });
      ends.near.transport.loseConnection();
      await stage.until("our end to arrive", () => ends.far.count("readLost") > 0);
      abort(ends.far.transport);
      await stage.bothLost(ends);
      checkReason(ends.near, { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" });
    },
  },
  {
    id: "protocol.once",
    clause: "connectionMade comes once and first, connectionLost once and last.",
    needs: [],
    through: true,
    async run(stage) {
      const greet = { made: (transport: StageEnd["transport"]) => transport.write(pattern(100)) };
      const ends = await stage.open({ near: greet, far: greet });
      const { near, far } = ends;
      await stage.until("both greetings", () => near.byteCount >= 100 && far.byteCount >= 100);
      near.transport.write(pattern(100_000));
      near.transport.loseConnection();
      far.transport.loseConnection();
      await stage.bothLost(ends);
      await stage.turns();
      for (const { calls } of [near, far]) {
        checkSame([calls[0], calls.at(-1)], ["made", "lost"], "the first and the last call");
        const others = calls.slice(1, -1).filter((call) => call === "made" || call === "lost");
        checkSame(others, [], "calls of connectionMade or connectionLost in between");
      }
    },
  },
  {
    id: "protocol.throws",
    clause: "A protocol that throws has its own connection aborted with that error, and no other.",
    needs: [],
    async run(stage) {
      const error = new Error("the protocol broke");
      const other = await stage.open();
      const ends = await stage.open({
        near: {
          data: () => {
            throw error;
          },
        },
      });
      ends.far.transport.write(pattern(10));
      ends.far.transport.write(pattern(10));
      await stage.bothLost(ends);
      checkThrew(ends.near, error);
      checkSame(ends.near.count("data"), 1, "calls of dataReceived");
      other.near.transport.write(pattern(10));
      await stage.until("another connection to work on", () => other.far.byteCount >= 10);
    },
  },
  {
    id: "protocol.rejects",
    clause: "A protocol method that returns a promise which rejects counts as one that throws.",
    needs: [],
    async run(stage) {
      const error = new Error("the protocol broke later");
      const [, reject] = waysToFail(error);
      const ends = await stage.open({ near: { data: reject } });
      ends.far.transport.write(pattern(10));
      await stage.bothLost(ends);
      checkThrew(ends.near, error);
    },
  },
  {
    id: "protocol.throwsInHalves",
    clause:
      "A throw or a rejection of readConnectionLost or writeConnectionLost is the reason of the end.",
    needs: ["halfClose"],
    async run(stage) {
      for (const where of ["readLost", "writeLost"] as const) {
        const error = new Error(`${where} broke`);
        for (const broken of waysToFail(error)) {
          const ends = await stage.open({
            near: { halfOpen: true, [where]: broken },
            far: { halfOpen: true },
          });
          endWriting((where === "readLost" ? ends.far : ends.near).transport);
          await stage.until("the end", () => ends.near.isLost);
          checkThrew(ends.near, error);
        }
      }
    },
  },
  {
    id: "protocol.throwsAtEnd",
    clause: "A throw or a rejection of connectionLost goes to onError, and hurts nobody.",
    needs: [],
    async run(stage) {
      const error = new Error("connectionLost broke");
      for (const broken of waysToFail(error)) {
        const before = stage.reported.length;
        const ends = await stage.open({ near: { lost: broken } });
        ends.near.transport.loseConnection();
        await stage.bothLost(ends);
        await stage.until("onError to be told", () => stage.reported.length > before);
        const reported = stage.reported[before];
        check(reported?.error === error, "onError was told another error");
        checkSame(reported?.context.during, "connectionLost", "what onError was told was going on");
        checkSame(ends.near.count("lost"), 1, "calls of connectionLost");
        checkSame(ends.far.reasons[0]?.kind, "done", "how it ended for the peer");
      }
    },
  },
  {
    id: "address.stable",
    clause: "Addresses are values, the same before and after the loss.",
    needs: [],
    async run(stage) {
      const ends = await stage.open();
      const tell = (): string[] =>
        [ends.near, ends.far].flatMap(({ transport }) => [
          JSON.stringify(transport.getHost()),
          JSON.stringify(transport.getPeer()),
        ]);
      const before = tell();
      ends.near.transport.loseConnection();
      await stage.bothLost(ends);
      checkSame(tell(), before, "the addresses after the loss");
    },
  },
  {
    id: "address.value",
    clause: "An address is a plain value with a kind, known from connectionMade on.",
    needs: [],
    async run(stage) {
      const seen: unknown[] = [];
      const { near, far } = await stage.open({
        near: { made: (transport) => void seen.push(transport.getHost(), transport.getPeer()) },
      });
      checkSame(seen, [near.transport.getHost(), near.transport.getPeer()], "in connectionMade");
      for (const { transport } of [near, far]) {
        for (const address of [transport.getHost(), transport.getPeer()]) {
          const isValue = typeof address === "object" && address !== null;
          check(isValue && typeof address.kind === "string", "an address is no value with a kind");
          checkSame(structuredClone(address), address, "a copy of the address");
        }
      }
    },
  },
];

/** What throws `error`, and what returns a promise that rejects with it. */
function waysToFail(error: Error): readonly [() => void, () => void] {
  const fail = (): never => {
    throw error;
  };
  return [fail, () => Promise.reject(error)];
}

interface Expected {
  readonly kind: string;
  readonly by: string;
  readonly code?: string;
}

function checkReason(end: StageEnd, expected: Expected): void {
  const { kind, by, code } = end.reasons[0] ?? {};
  checkSame({ kind, by, code }, expected, "the reason");
}

function checkThrew(end: StageEnd, error: Error): void {
  checkReason(end, { kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW" });
  const saw = end.reasons[0]?.error;
  check(saw === error || saw?.cause === error, "the reason does not carry the protocol's error");
}
