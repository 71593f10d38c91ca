import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { Facts, Wire } from "../../src/flow/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { cases, conformance, flowWire } from "../../src/testing/index.ts";

/** Two pass-through streams as a wire: what one end writes into, the other end reads from. */
function throughStreams(deliver: (facts: Facts, chunk: Uint8Array) => void): WireUnderTest {
  const verbs =
    (from: Duplex, to: Duplex) =>
    (facts: Facts): Wire => {
      from.pause().on("data", (chunk) => deliver(facts, Uint8Array.from(chunk)));
      from.on("end", () => facts.peerEnded());
      const close = (): void => {
        from.destroy();
        to.end();
        setImmediate(() => facts.over());
      };
      return {
        host: { kind: "memory", name: "here" },
        peer: { kind: "memory", name: "there" },
        send: (chunks) => {
          for (const chunk of chunks) to.write(chunk.slice(), () => facts.sent(chunk.byteLength));
        },
        endSending: () => void to.end(() => setImmediate(() => facts.sendingEnded())),
        pauseReading: () => void from.pause(),
        resumeReading: () => void from.resume(),
        close,
        abort: close,
      };
    };
  return flowWire({
    name: "streams",
    capabilities: ["halfClose", "linger", "backPressure"],
    join: () => {
      const [there, back] = [new PassThrough(), new PassThrough()];
      return [verbs(back, there), verbs(there, back)];
    },
  });
}

async function outcome(wire: WireUnderTest, id: string): Promise<string> {
  const only = cases.filter((one) => one.id === id);
  const [first] = conformance(wire, { cases: only, watchdogMs: 3000 });
  assert.ok(first !== undefined && first.skip === undefined);
  return first.run().then(
    () => "passed",
    (error: Error) => error.message,
  );
}

test("six verbs over streams pass the cases that are about bytes and ends", async () => {
  const wire = throughStreams((facts, chunk) => facts.received(chunk));
  for (const id of ["write.order", "close.flushes", "halfClose.lateReply", "reason.done"]) {
    assert.equal(await outcome(wire, id), "passed", id);
  }
});

test("a verb that changes a byte is found out", async () => {
  let count = 0;
  const wire = throughStreams((facts, chunk) => {
    if (++count === 20) chunk[0] = ~(chunk[0] ?? 0);
    facts.received(chunk);
  });
  assert.match(await outcome(wire, "write.order"), /^write\.order: .* differs/);
});

test("join must give two ends", async () => {
  const wire = flowWire({ name: "half", capabilities: [], join: () => [] });
  assert.match(await outcome(wire, "write.order"), /join\(\) must give two ends/);
});
