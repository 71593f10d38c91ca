import { check, checkSame, checkThrows } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";
import { Source } from "../source.ts";
import type { Ends, Stage } from "../stage.ts";
import type { StageEnd } from "../stage-end.ts";
import { clog } from "./clog.ts";
import { endWriting } from "./verbs.ts";

const SHORT_MS = 40;

/** Every wait has a bound, and passing it is told as what it is. */
export const limitCases: readonly ConformanceCase[] = [
  {
    id: "close.lingerIdle",
    clause:
      "A close that the peer never answers ends after lingerIdleMs, as timeout, ERR_WIRE_LINGER.",
    needs: ["linger"],
    async run(stage) {
      const { near, far } = await stage.open({
        far: { halfOpen: true },
        limits: { lingerIdleMs: SHORT_MS, lingerTotalMs: Infinity },
      });
      near.transport.write(pattern(10));
      near.transport.loseConnection();
      await stage.until("the linger limit", () => near.isLost);
      checkEnd(near, "timeout/us/ERR_WIRE_LINGER");
      check(near.reasons[0]?.error instanceof Error, "the reason says nothing about the tail");
      await stage.until("the bytes to be there all the same", () => far.byteCount >= 10);
    },
  },
  {
    id: "close.lingerMoves",
    clause: "Each byte from the peer starts lingerIdleMs anew.",
    needs: ["linger", "halfClose"],
    async run(stage) {
      const ends = await stage.open({
        far: { halfOpen: true },
        limits: { lingerIdleMs: 6 * SHORT_MS },
      });
      ends.near.transport.loseConnection();
      const isTold = await talkUntilOtherEnds(stage, ends.far, 9 * SHORT_MS);
      check(isTold && !ends.near.isLost, "it was cut while the peer was still talking");
      ends.far.transport.loseConnection();
      await stage.bothLost(ends);
      checkEnd(ends.near, "done/us");
    },
  },
  {
    id: "close.lingerTotal",
    clause:
      "A peer that talks for ever after our close is cut after lingerTotalMs, ERR_WIRE_LINGER.",
    needs: ["linger"],
    async run(stage) {
      const { near, far } = await stage.open({
        far: { halfOpen: true },
        limits: { lingerIdleMs: Infinity, lingerTotalMs: SHORT_MS },
      });
      near.transport.loseConnection();
      await stage.until("the total linger limit", () => {
        if (!far.isLost) far.transport.write(pattern(1));
        return near.isLost;
      });
      checkEnd(near, "timeout/us/ERR_WIRE_LINGER");
    },
  },
  {
    id: "close.lingerMax",
    clause: "Beyond lingerMax lingering connections the longest lingering is cut.",
    needs: ["linger"],
    async run(stage) {
      const limits = { lingerMax: 2, lingerIdleMs: Infinity, lingerTotalMs: Infinity };
      const all: Ends[] = [];
      for (let count = 0; count < 3; count++) {
        const ends = await stage.open({ far: { halfOpen: true }, limits });
        all.push(ends);
        // A wire may confirm our end after the peer has seen it: half-closing tells when it does.
        if (stage.capabilities.has("halfClose")) {
          endWriting(ends.near.transport);
          await stage.until("our end to be told", () => ends.near.count("writeLost") > 0);
        }
        ends.near.transport.loseConnection();
        await stage.until("our end to arrive", () => ends.far.count("readLost") > 0);
      }
      const [first, , third] = all as [Ends, Ends, Ends];
      await stage.until("the longest lingering to be cut", () => first.near.isLost);
      checkEnd(first.near, "timeout/us/ERR_WIRE_LINGER");
      check(!third.near.isLost, "the newest was cut");
    },
  },
  {
    id: "close.stall",
    clause: "A closing connection with bytes queued and no progress for stallMs is ERR_WIRE_STALL.",
    needs: ["backPressure"],
    heavy: true,
    async run(stage) {
      const { near } = await stage.open({ far: { paused: true } });
      await clog(stage, near);
      near.transport.setLimits({ stallMs: SHORT_MS });
      near.transport.loseConnection();
      await stage.until("the stall limit", () => near.isLost);
      checkEnd(near, "timeout/us/ERR_WIRE_STALL");
    },
  },
  {
    id: "limit.stall",
    clause: "With stallMs given, queued bytes that do not move end an open connection as well.",
    needs: ["backPressure"],
    heavy: true,
    async run(stage) {
      const { near } = await stage.open({
        far: { paused: true },
        limits: { stallMs: 10 * SHORT_MS },
      });
      await clog(stage, near);
      await stage.until("the stall limit", () => near.isLost);
      checkEnd(near, "timeout/us/ERR_WIRE_STALL");
      check((near.reasons[0]?.ledger.unsent ?? 0) > 0, "no byte was unsent");
    },
  },
  {
    id: "limit.idle",
    clause:
      "With idleMs given, a connection on which no byte moves ends as timeout, ERR_WIRE_IDLE.",
    needs: [],
    async run(stage) {
      const fromStart = await stage.open({ limits: { idleMs: SHORT_MS } });
      fromStart.far.transport.setLimits({ idleMs: Infinity });
      await stage.bothLost(fromStart);
      checkEnd(fromStart.near, "timeout/us/ERR_WIRE_IDLE");
      const later = await stage.open();
      later.near.transport.setLimits({ idleMs: SHORT_MS });
      await stage.bothLost(later);
      checkEnd(later.near, "timeout/us/ERR_WIRE_IDLE");
    },
  },
  {
    id: "limit.idleEitherWay",
    clause: "A byte in either direction keeps a connection from being idle.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open({ limits: { idleMs: 6 * SHORT_MS } });
      const isReading = await talkUntilOtherEnds(stage, far, 9 * SHORT_MS);
      check(isReading && !near.isLost, "it was idle while bytes arrived");
      const isWriting = await talkUntilOtherEnds(stage, near, 9 * SHORT_MS);
      check(isWriting && !near.isLost, "it was idle while bytes were sent");
    },
  },
  {
    id: "limit.halfOpen",
    clause:
      "After the peer's end, halfOpenIdleMs without a byte sent stops the producer: ERR_WIRE_HALF_OPEN.",
    needs: ["halfClose"],
    async run(stage) {
      for (const isGivenLate of [false, true]) {
        const { near, far } = await stage.open({
          near: { halfOpen: isGivenLate },
          far: { halfOpen: true },
          limits: isGivenLate ? {} : { halfOpenIdleMs: SHORT_MS },
        });
        const source = new Source();
        near.transport.registerProducer(source, true);
        // One that closes may take nothing more, on some wires: that would end it as well.
        endWriting(far.transport);
        if (isGivenLate) {
          await stage.until("the peer's end", () => near.count("readLost") > 0);
          near.transport.setLimits({ halfOpenIdleMs: SHORT_MS });
        }
        await stage.until("the half-open limit", () => near.isLost);
        checkEnd(near, "timeout/us/ERR_WIRE_HALF_OPEN");
        checkSame(source.told, ["stop"], "what the producer was told");
      }
    },
  },
  {
    id: "limit.halfOpenDownload",
    clause: "halfOpenIdleMs never counts while only our own side has ended.",
    needs: ["halfClose"],
    async run(stage) {
      const { near, far } = await stage.open({
        near: { halfOpen: true },
        far: { halfOpen: true },
      });
      near.transport.setLimits({ halfOpenIdleMs: SHORT_MS });
      endWriting(near.transport);
      await stage.until("our end to arrive", () => far.count("readLost") > 0);
      near.transport.setLimits({ idleMs: 3 * SHORT_MS });
      await stage.until("another limit to end it", () => near.isLost);
      checkEnd(near, "timeout/us/ERR_WIRE_IDLE");
    },
  },
  {
    id: "limit.write",
    clause:
      "A write that begins above writeHigh and leaves more than writeLimit queued ends it: ERR_WIRE_LIMIT.",
    needs: ["backPressure"],
    heavy: true,
    async run(stage) {
      const { near } = await stage.open({ far: { paused: true } });
      await clog(stage, near);
      const queued = near.transport.ledger.unsent;
      near.transport.setLimits({ writeHigh: 1000, writeLow: 100, writeLimit: queued + 500 });
      near.transport.write(pattern(400));
      await stage.turns();
      check(!near.isLost, "it ended below the limit");
      near.inside("write", () => near.transport.write(pattern(2 * 1024 * 1024)));
      await stage.until("the write limit to end it", () => near.isLost);
      checkSame(near.reentered, [], "what was called inside write");
      checkEnd(near, "failed/us/ERR_WIRE_LIMIT");
    },
  },
  {
    id: "limit.writeOneLarge",
    clause: "One large write never passes writeLimit.",
    needs: [],
    heavy: true,
    async run(stage) {
      const limits = { writeHigh: 1000, writeLow: 100, writeLimit: 2000 };
      const { near, far } = await stage.open({ limits });
      const large = pattern(1024 * 1024);
      near.transport.write(large);
      await stage.until("a mebibyte", () => near.isLost || far.byteCount >= large.byteLength);
      checkBytes(far.chunks, large, "what arrived");
    },
  },
  {
    id: "limit.checked",
    clause:
      "A limit that is unknown or out of range is a RangeError at the call, and changes nothing.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const wrong = [{ idleMs: -1 }, { idleMs: Number.NaN }, { writeHigh: "1" }, { pony: 1 }];
      for (const limits of wrong) {
        const set = (): void => near.transport.setLimits(limits as { idleMs: number });
        const isRangeError = (error: unknown): boolean => error instanceof RangeError;
        checkThrows(
          set,
          isRangeError,
          `setLimits(${JSON.stringify(limits)}) must throw RangeError`,
        );
      }
      near.transport.write(pattern(1));
      await stage.until("a byte", () => far.byteCount > 0);
    },
  },
];

/** Compares how `end` was told that it ended with `kind/by/code`. */
function checkEnd(end: StageEnd, expected: string): void {
  const reason = end.reasons[0];
  const saw = [reason?.kind, reason?.by, reason?.code].filter((part) => part !== undefined);
  checkSame(saw.join("/"), expected, "the reason");
}

/**
 * Lets `end` write a byte every turn until another connection, with an idle limit, has ended: a
 * clock made of the wire itself. False when `end` was lost meanwhile.
 */
async function talkUntilOtherEnds(
  stage: Stage,
  end: StageEnd,
  durationMs: number,
): Promise<boolean> {
  const timer = await stage.open();
  timer.near.transport.setLimits({ idleMs: durationMs });
  await stage.until("another connection to be idle", () => {
    if (!end.isLost) end.transport.write(pattern(1));
    return timer.near.isLost;
  });
  return !end.isLost;
}
