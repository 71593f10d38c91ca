import { check, checkSame, checkThrows, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";
import { Source } from "../source.ts";
import { abort, endWriting } from "./verbs.ts";

/** One way to take a transport over. */
export const switchCases: readonly ConformanceCase[] = [
  {
    id: "switch.order",
    clause:
      "In a later turn the next protocol gets connectionMade, then what is unread; the old one nothing.",
    needs: [],
    async run(stage) {
      const next = stage.end();
      const ends = await stage.open({
        near: {
          data: (_, end) => {
            end.transport.write(pattern(10, 1));
            next.inside("switchProtocol", () => end.transport.switchProtocol(next.protocol));
            end.transport.write(pattern(10, 2));
          },
        },
      });
      const { near, far } = ends;
      far.transport.write(pattern(1));
      far.transport.write(pattern(300_000, 2));
      await stage.until("both protocols to be told all", () => {
        return near.byteCount + next.byteCount >= 300_001 && far.byteCount >= 20;
      });
      far.transport.loseConnection();
      await stage.until("the end", () => next.isLost && far.isLost);
      checkSame(next.reentered, [], "calls from inside a call");
      checkSame(near.calls, ["made", "data"], "what the old protocol was told");
      checkSame(
        [next.calls[0], next.calls.at(-1)],
        ["made", "lost"],
        "the next one's first and last",
      );
      const all = new Uint8Array(300_001);
      all.set(pattern(1));
      all.set(pattern(300_000, 2), 1);
      checkBytes([...near.chunks, ...next.chunks], all, "what both were given");
      const answer = new Uint8Array(20);
      answer.set(pattern(10, 1));
      answer.set(pattern(10, 2), 10);
      checkBytes(far.chunks, answer, "output from before and after the switch");
    },
  },
  {
    id: "switch.early",
    clause:
      "early comes right after connectionMade, ahead of unread bytes, and is not counted again.",
    needs: [],
    async run(stage) {
      const next = stage.end();
      let used = 0;
      const { near, far } = await stage.open({
        near: {
          data: (data, end) => {
            used = Math.min(3, data.byteLength);
            end.transport.pauseProducing();
            end.transport.switchProtocol(next.protocol, data.slice(used));
          },
        },
      });
      const data = pattern(5000);
      far.transport.write(data);
      await stage.until("what was not used, and the rest", () => used + next.byteCount >= 5000);
      checkBytes(next.chunks, data.subarray(used), "what the next protocol was given");
      const { received, delivered } = near.transport.ledger;
      checkSame({ received, delivered }, { received: 5000, delivered: 5000 }, "the ledger");
    },
  },
  {
    id: "switch.pauseAnew",
    clause: "Pauses start anew: the next protocol reads, though the old one had paused.",
    needs: [],
    async run(stage) {
      const next = stage.end();
      const { near, far } = await stage.open({ near: { paused: true } });
      far.transport.write(pattern(1000));
      await stage.turns(48);
      near.transport.switchProtocol(next.protocol);
      await stage.until("the next protocol to read", () => next.byteCount >= 1000);
      checkSame(near.count("data"), 0, "chunks for the old protocol");
    },
  },
  {
    id: "switch.producer",
    clause: "A registered producer is stopped and forgotten.",
    needs: [],
    async run(stage) {
      const next = stage.end();
      const ends = await stage.open();
      const { near, far } = ends;
      const source = new Source();
      near.transport.registerProducer(source, true);
      near.transport.switchProtocol(next.protocol);
      await stage.until("the next protocol to be made", () => next.count("made") > 0);
      checkSame(source.told, ["stop"], "what the old producer was told");
      near.transport.loseConnection();
      await stage.until("the end", () => next.isLost && far.isLost);
      checkSame(source.told, ["stop"], "what the old producer was told in the end");
    },
  },
  {
    id: "switch.ourEnd",
    clause: "The old protocol is not told of our own end either, if that comes after the switch.",
    needs: ["halfClose"],
    async run(stage) {
      for (const when of ["at once", "when all is sent"] as const) {
        const next = stage.end({ halfOpen: true });
        const { near, far } = await stage.open({
          near: { halfOpen: true },
          far: { halfOpen: true },
        });
        let told: readonly string[] = [];
        const take = (): void => {
          told = [...near.calls];
          near.transport.switchProtocol(next.protocol);
        };
        near.transport.write(pattern(1000));
        endWriting(near.transport);
        if (when === "at once") take();
        else await stage.settled("it to be sent", near.transport.flushed().then(take));
        await stage.until("our end to arrive", () => far.count("readLost") > 0);
        await stage.until("the next protocol to be made", () => next.count("made") > 0);
        far.transport.loseConnection();
        await stage.until("the end", () => next.isLost && far.isLost);
        checkSame(near.calls, told, `what the old protocol was told, switched ${when}`);
        checkSame(next.calls[0], "made", "the next protocol's first call");
      }
    },
  },
  {
    id: "switch.ended",
    clause:
      "The next protocol gets connectionMade first even if the connection has ended meanwhile.",
    needs: ["abort"],
    async run(stage) {
      const next = stage.end();
      const { near, far } = await stage.open();
      near.transport.switchProtocol(next.protocol);
      abort(near.transport);
      await stage.until("the end", () => (next.isLost || near.isLost) && far.isLost);
      checkSame(next.calls, ["made", "lost"], "what the next protocol was told");
      checkSame(near.calls, ["made"], "what the old protocol was told");
    },
  },
  {
    id: "switch.closed",
    clause: "On a closing or ended connection switchProtocol throws ERR_WIRE_CLOSED.",
    needs: [],
    async run(stage) {
      const next = stage.end();
      const ends = await stage.open();
      const { near } = ends;
      const refuses = (state: string): void => {
        checkThrows(
          () => near.transport.switchProtocol(next.protocol),
          hasCode("ERR_WIRE_CLOSED"),
          `switchProtocol on a connection that is ${state} must throw ERR_WIRE_CLOSED`,
        );
      };
      near.transport.loseConnection();
      refuses("closing");
      await stage.bothLost(ends);
      refuses("closed");
      await stage.turns();
      checkSame(next.calls, [], "what the next protocol was told");
    },
  },
  {
    id: "switch.busy",
    clause: "A second switch before the first has taken effect throws ERR_WIRE_BUSY.",
    needs: [],
    async run(stage) {
      const [first, second] = [stage.end(), stage.end()];
      const { near } = await stage.open();
      near.transport.switchProtocol(first.protocol);
      checkThrows(
        () => near.transport.switchProtocol(second.protocol),
        hasCode("ERR_WIRE_BUSY"),
        "the second switch must throw ERR_WIRE_BUSY",
      );
      await stage.until("the first one to be made", () => first.count("made") > 0);
      await stage.turns();
      check(second.calls.length === 0, "the protocol that was refused was told something");
    },
  },
];
