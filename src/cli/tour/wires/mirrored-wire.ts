import type {
  Address,
  Capability,
  EndpointOptions,
  ProcessTransport,
  Protocol,
  ServerEndpoint,
} from "../../../contract/index.ts";
import type { Pair, PairOptions, WireUnderTest } from "../../../testing/index.ts";
import { settleByTurns } from "../../../testing/index.ts";
import { HeldEnd } from "./held-end.ts";

export interface Mirrored {
  readonly name: string;
  readonly capabilities: Iterable<Capability>;
  /** Where the child connects to. */
  readonly socket: () => ServerEndpoint;
  /** A child that joins its own streams to what listens at this path, or number of a port. */
  readonly child: (place: string) => {
    connect(protocol: Protocol, options: EndpointOptions): Promise<unknown>;
  };
  /** The descriptor on which the child tells that it has joined them, where it does. */
  readonly tellsOn?: number;
}

/** A child at the left, as a process or on a terminal; at the right the socket that it mirrors. */
export function mirroredWire(mirrored: Mirrored): WireUnderTest {
  const { capabilities, name } = mirrored;
  return {
    name,
    capabilities: new Set(capabilities),
    pair: (left, right, options) => pairThrough(mirrored, left, right, options),
  };
}

async function pairThrough(
  { child, socket, tellsOn }: Mirrored,
  left: Protocol,
  right: Protocol,
  { limits, observers = {}, onError, signal }: PairOptions,
): Promise<Pair> {
  const [atLeft, atRight] = [new HeldEnd(left), new HeldEnd(right)];
  const base = { limits, onError, signal };
  const port = await socket().listen(() => atRight.protocol, {
    ...base,
    ...(observers.right && { observer: observers.right }),
  });
  await child(placeOf(port.getHost())).connect(atLeft.protocol, {
    ...base,
    // A child takes long to start: it is not idle before it is there.
    limits: { ...limits, idleMs: Infinity },
    ...(observers.left && { observer: observers.left }),
  });
  const settle = settleByTurns();
  let isJoined = tellsOn === undefined;
  if (tellsOn !== undefined) {
    const dataReceived = (): void => {
      isJoined = true;
    };
    const told = (atLeft.transport as ProcessTransport).childTransport(tellsOn);
    told.switchProtocol({ ...SILENT, dataReceived });
  }
  await settle(() => signal.aborted || (isJoined && atRight.isMade));
  const { idleMs } = limits;
  if (idleMs !== undefined) atLeft.transport.setLimits({ idleMs });
  return {
    left: atLeft.transport,
    right: atRight.transport,
    settle,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([atLeft.letGo(), atRight.letGo()]);
      await port.stopListening();
    },
  };
}

function placeOf(address: Address): string {
  if (address.kind === "tcp") return String(address.port);
  if (address.kind === "unix" && address.path !== null) return address.path;
  throw new TypeError("Cannot name the place to a child: it is neither a port nor a path");
}

const SILENT: Protocol = {
  connectionMade: () => undefined,
  dataReceived: () => undefined,
  connectionLost: () => undefined,
};
