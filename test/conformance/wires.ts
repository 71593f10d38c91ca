import { openFiles } from "../../src/cli/conform-files.ts";
import type { Address, Capability, Endpoint } from "../../src/contract/index.ts";
import {
  HARMLESS_FAULTS,
  memoryNetwork,
  pumps,
  seededChance,
  Trace,
  VirtualRuntime,
  Weather,
} from "../../src/memory/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { endpointWire, loopbackWire, settleVirtually } from "../../src/testing/index.ts";
import { socketDriver } from "../../src/wires/_drivers/choose-driver.ts";
import type { Scratch } from "../interop/scratch.ts";
import type { SocketWire } from "../interop/socket-address.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../interop/socket-address.ts";
import { nodeStreamWires, webStreamWires } from "./bridge-wires.ts";
import { everyTlsWire } from "./tls-wires.ts";

/** Every wire there is, and each way of cutting what goes over a loopback; the slowest last. */
export function everyWire(scratch: Scratch, seeds: readonly number[]): readonly WireUnderTest[] {
  return [
    socketWire("tcp", scratch),
    socketWire("unix", scratch),
    networkWire(),
    ...nodeStreamWires,
    ...webStreamWires,
    ...everyTlsWire(scratch, seeds),
    ...pumpedLoopbacks(),
    ...seeds.map(seededWire),
    oneByteLoopback(),
  ];
}

/** A loopback for each quick way of cutting. */
export function pumpedLoopbacks(): readonly WireUnderTest[] {
  const { identity, collapsing, random } = pumps;
  return [
    loopbackWire({ name: "loopback, identity pump", pump: identity }),
    loopbackWire({ name: "loopback, collapsing pump", pump: collapsing }),
    loopbackWire({ name: "loopback, random pump", pump: random(seededChance(1), 40_000) }),
  ];
}

export function oneByteLoopback(): WireUnderTest {
  return loopbackWire({ name: ONE_BYTE, pump: pumps.oneByte });
}

/** Takes longer than all others together. */
export const ONE_BYTE = "loopback, one byte at a time";

const CAPABILITIES = ["abort", "halfClose", "linger", "backPressure"] as const;

export function socketWire(wire: SocketWire, scratch: Scratch): WireUnderTest {
  return endpointWire({
    name: wire,
    capabilities: socketCapabilities(wire),
    descriptors: openFiles(),
    server: () => endpointAt(freshAddress(wire, scratch)),
    leadingTo: (port) => endpointAt(socketAddressOf(port.getHost())),
  });
}

/** What the driver that is used can. */
export function socketCapabilities(wire: SocketWire): readonly Capability[] {
  const isNative = socketDriver().name === "native";
  const own: readonly Capability[] = wire === "tcp" ? ["abortVisible"] : [];
  const native: Capability = wire === "tcp" ? "detach" : "descriptors";
  return [...CAPABILITIES, ...own, ...(isNative ? [native] : [])];
}

/** A memory network in virtual time. */
export function networkWire(): WireUnderTest {
  const runtime = new VirtualRuntime();
  const network = memoryNetwork({ runtime });
  let places = 0;
  const placeOf = (address: Address): Endpoint => {
    if (address.kind !== "memory") throw new TypeError("Cannot reach it: not in this network");
    return network.endpoint(address.name);
  };
  return endpointWire({
    name: "memory network",
    capabilities: [...CAPABILITIES, "abortVisible"],
    server: () => network.endpoint(`place ${places++}`),
    leadingTo: (port) => placeOf(port.getHost()),
    settle: settleVirtually(runtime),
  });
}

/** Byte by byte is a wire of its own: together with other weather it takes minutes. */
const FAULTS = HARMLESS_FAULTS.filter((fault) => fault !== "oneByte");

/** Weather may leave a connection silent for longer than the limits of these cases. */
const NOT_IN_BAD_WEATHER: readonly string[] = ["limit.idleEitherWay", "close.lingerMoves"];

/** Here one end opens first, and may be idle before the other's handshake is through. */
const NOT_BEFORE_A_HANDSHAKE_IN_IT: readonly string[] = ["limit.idle"];

/**
 * Whether a case can be asked of a wire: its time limits may be shorter than the weather's delays.
 */
export function isFairTo({ name, capabilities }: WireUnderTest, caseId: string): boolean {
  if (!name.startsWith(SEEDED)) return true;
  if (capabilities.has("endMark") && NOT_BEFORE_A_HANDSHAKE_IN_IT.includes(caseId)) return false;
  return !NOT_IN_BAD_WEATHER.includes(caseId);
}

const SEEDED = "seeded, ";

/** A loopback under weather that breaks nothing: all that a correct wire may do, drawn by seed. */
export function seededWire(seed: number): WireUnderTest {
  const chance = seededChance(seed);
  const runtime = new VirtualRuntime({ chance });
  const weather = new Weather({ runtime, chance, trace: new Trace(), faults: FAULTS });
  return loopbackWire({ name: `${SEEDED}${seed}`, runtime, join: weather.join });
}
