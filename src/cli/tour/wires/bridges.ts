import { duplexPair } from "node:stream";
import { fromNodeDuplex } from "../../../bridges/node-streams.ts";
import { fromWebStreams } from "../../../bridges/web-streams.ts";
import { pairedWire } from "./paired-wire.ts";
import type { TourWire } from "./tour-wire.ts";

/** Somebody's Node streams, taken as they are. */
export const nodeDuplexWire: TourWire = pairedWire({
  key: "duplex",
  title: "node Duplex",
  column: "dpx",
  made: "stream.duplexPair() of Node",
  capabilities: ["abort", "halfClose", "linger", "backPressure"],
  ends: () => {
    const [near, far] = duplexPair();
    return [fromNodeDuplex(near), fromNodeDuplex(far)];
  },
});

/** Somebody's web streams; their errors reach the other side, so an abort is seen there. */
export const webStreamsWire: TourWire = pairedWire({
  key: "web",
  title: "web streams",
  column: "web",
  made: "two TransformStreams",
  capabilities: ["abort", "abortVisible", "halfClose", "linger", "backPressure"],
  ends: () => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    const capabilities = ["abort", "abortVisible", "halfClose", "linger", "backPressure"] as const;
    return [
      fromWebStreams({ readable: back.readable, writable: there.writable }, { capabilities }),
      fromWebStreams({ readable: there.readable, writable: back.writable }, { capabilities }),
    ];
  },
});
