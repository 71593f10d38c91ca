import type { Endpoint, Limits } from "../../../src/contract/index.ts";
import { loopback, memoryNetwork } from "../../../src/memory/index.ts";
import { Scratch } from "../../interop/scratch.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../../interop/socket-address.ts";
import type { Actor } from "./actor.ts";

export type Wire = "loopback" | "memory" | "tcp" | "unix";

export const WIRES: readonly Wire[] = ["loopback", "memory", "tcp", "unix"];

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
    const network = memoryNetwork();
    const place: Endpoint =
      wire === "memory" ? network.endpoint("place") : endpointAt(freshAddress(wire, scratch));
    await using port = await place.listen(() => far, { limits });
    const way = wire === "memory" ? place : endpointAt(socketAddressOf(port.getHost()));
    await way.connect(near, { limits });
    await act();
  }
  for (const actor of [near, far]) if (!actor.isLost) actor.abort();
  await Promise.all([near.lost, far.lost]);
}
