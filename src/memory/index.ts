/** Wires made of memory: loopbacks, a network, recording transports, virtual time and weather. */
export * from "./accumulating-protocol.ts";
export * from "./chance.ts";
export type { Join, Joint, LinkOptions } from "./link.ts";
export { type Loopback, type LoopbackOptions, loopback, type MemoryTransport } from "./loopback.ts";
export { LoopbackRelay, type LoopbackRelayOptions } from "./loopback-relay.ts";
export {
  type MemoryConnection,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  memoryNetwork,
} from "./memory-network.ts";
export { type PumpPolicy, pumps } from "./pump.ts";
export * from "./simulate.ts";
export {
  StringTransport,
  type StringTransportOptions,
  StringTransportWithDisconnection,
} from "./string-transport.ts";
export { Trace } from "./trace.ts";
export * from "./virtual-runtime.ts";
export {
  FAULTS,
  type Fault,
  HARMLESS_FAULTS,
  Weather,
  type WeatherOptions,
} from "./weather.ts";
