import { conforms } from "./skipping.ts";
import { tlsPairs } from "./tls-pairs.ts";
import { startTlsWire, tlsNetworkWire } from "./tls-wires.ts";

for (const pair of tlsPairs) {
  conforms(tlsNetworkWire(pair));
  conforms(startTlsWire(pair));
}
