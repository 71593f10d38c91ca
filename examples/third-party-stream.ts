/** Is `duplexPair()` of node:stream a good wire? Six verbs, and the suite tells where it is not. */
import type { Duplex } from "node:stream";
import { duplexPair } from "node:stream";
import type { Facts, Wire } from "overwall/flow";
import { conformance, flowWire } from "overwall/testing";

const verbsOf = (stream: Duplex, facts: Facts): Wire => {
  stream.pause().on("data", (chunk: Buffer) => facts.received(Uint8Array.from(chunk)));
  stream.on("end", () => facts.peerEnded()).on("close", () => facts.over());
  return {
    host: { kind: "memory", name: "this end" },
    peer: { kind: "memory", name: "the other end" },
    send: (chunks) => {
      for (const chunk of chunks) stream.write(chunk, () => facts.sent(chunk.byteLength));
    },
    endSending: () => void stream.end(() => facts.sendingEnded()),
    pauseReading: () => void stream.pause(),
    resumeReading: () => void stream.resume(),
    close: () => void stream.destroy(),
    abort: () => void stream.destroy(),
  };
};
const capabilities = ["halfClose", "linger", "backPressure"] as const;
const join = () => duplexPair().map((stream) => (facts: Facts) => verbsOf(stream, facts));
const wire = flowWire({ name: "duplexPair", capabilities, join });
for (const { name, skip, run } of conformance(wire, { watchdogMs: 500 })) {
  const verdict = skip ?? (await run().catch((failure: Error) => `FAILED ${failure.message}`));
  console.log(name.padEnd(54), (verdict ?? "ok").split("\n")[0]);
}
