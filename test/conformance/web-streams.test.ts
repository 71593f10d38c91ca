import { fromWebStreams, toWebStreams } from "../../src/bridges/web-streams.ts";
import type { Capability } from "../../src/contract/index.ts";
import { givenWire, loopbackPair, tcpPair } from "./given-wire.ts";
import { conforms } from "./skipping.ts";

const capabilities: readonly Capability[] = [
  "abort",
  "abortVisible",
  "halfClose",
  "linger",
  "backPressure",
];

conforms(
  givenWire("two transform streams", capabilities, async () => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    return [
      fromWebStreams({ readable: back.readable, writable: there.writable }, { capabilities }),
      fromWebStreams({ readable: there.readable, writable: back.writable }, { capabilities }),
    ];
  }),
);

const there = (transport: Parameters<typeof toWebStreams>[0]) =>
  fromWebStreams(toWebStreams(transport), { capabilities });

conforms(
  givenWire("toWebStreams and back, over loopback", capabilities, async () =>
    (await loopbackPair()).map(there),
  ),
);

conforms(
  givenWire("toWebStreams and back, over tcp", capabilities, async () =>
    (await tcpPair()).map(there),
  ),
);
