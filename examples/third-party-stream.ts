/** Is `stream.duplexPair()` of Node a good wire? Six verbs, and the suite answers. Run it with node. */
import { type Duplex, duplexPair } from "node:stream";
import type { Facts, Wire } from "../src/flow/index.ts";
import { conformance, flowWire } from "../src/testing/index.ts";

const over = (stream: Duplex, side: "left" | "right") => (facts: Facts): Wire => {
  stream.pause().on("data", (chunk: Buffer) => facts.received(Uint8Array.from(chunk)));
  stream.on("end", () => facts.peerEnded()).on("close", () => facts.over());
  return {
    host: { kind: "loopback", side },
    peer: { kind: "loopback", side: side === "left" ? "right" : "left" },
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
const join = () => {
  const [left, right] = duplexPair();
  return [over(left, "left"), over(right, "right")] as const;
};
for (const { name, skip, run } of conformance(flowWire({ name: "duplexPair", capabilities: ["halfClose", "backPressure"], join }), { watchdogMs: 2000 })) {
  const result = skip ?? (await run().then(() => "ok", (error: Error) => error.message));
  console.log(`${name.padEnd(60)} ${result.split("\n")[0]}`);
}
