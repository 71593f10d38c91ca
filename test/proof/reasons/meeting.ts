import type { Endpoint, Limits, ListeningPort } from "../../../src/contract/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import { loopback, memoryNetwork } from "../../../src/memory/index.ts";
import { Scratch } from "../../interop/scratch.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../../interop/socket-address.ts";
import { authority, forLocalhost } from "../../layers/tls/authority.ts";
import type { Actor } from "./actor.ts";

export type SecureWire = "tls+tcp" | "tls+unix";
export type Wire = "loopback" | "memory" | "tcp" | "unix" | SecureWire;

export const SECURE_WIRES: readonly SecureWire[] = ["tls+tcp", "tls+unix"];
export const WIRES: readonly Wire[] = ["loopback", "memory", "tcp", "unix", ...SECURE_WIRES];

export function isSecure(wire: Wire): wire is SecureWire {
  return wire.startsWith("tls+");
}

/** Joins two actors over a fresh connection, lets `act` look on, and cuts what is left of it. */
export async function meet(
  wire: Wire,
  { near, far }: { readonly near: Actor; readonly far: Actor },
  limits: Partial<Limits>,
  act: () => Promise<void>,
): Promise<void> {
  using scratch = new Scratch();
  if (wire === "loopback") {
    loopback(near, far, { limits });
    await act();
  } else {
    const place = placeOn(wire, scratch);
    await using port = await place.listen(() => far, { limits });
    await wayTo(wire, place, port).connect(near, { limits });
    await act();
  }
  // An end that the other one aborted at its beginning may never have been told of the connection.
  const made = [near, far].filter(({ isMade }) => isMade);
  for (const actor of made) if (!actor.isLost) actor.abort();
  await Promise.all(made.map(({ lost }) => lost));
}

function placeOn(wire: Exclude<Wire, "loopback">, scratch: Scratch): Endpoint {
  if (wire === "memory") return memoryNetwork().endpoint("place");
  const lower = endpointAt(freshAddress(wire.endsWith("tcp") ? "tcp" : "unix", scratch));
  return isSecure(wire) ? (tls(lower, forLocalhost) as Endpoint) : lower;
}

function wayTo(wire: Wire, place: Endpoint, port: ListeningPort): Endpoint {
  if (wire === "memory") return place;
  const lower = endpointAt(socketAddressOf(port.getHost()));
  if (!isSecure(wire)) return lower;
  return tls(lower, { ca: authority.cert, servername: "localhost" }) as Endpoint;
}
