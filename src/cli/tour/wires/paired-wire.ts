import type { Address, Capability, ClientEndpoint } from "../../../contract/index.ts";
import { givenWire } from "../../../testing/index.ts";
import type { TourWire } from "./tour-wire.ts";

interface PairedWireOptions {
  readonly key: string;
  readonly title: string;
  readonly column: string;
  /** What it is made of, for the table. */
  readonly made: string;
  readonly absent?: () => string | undefined;
  readonly capabilities: readonly Capability[];
  /** The two ends of one connection: the member's, then the room's. */
  readonly ends: () =>
    | readonly [ClientEndpoint, ClientEndpoint]
    | Promise<readonly [ClientEndpoint, ClientEndpoint]>;
}

/** A wire with two ends and no address: one is the room's, the other its member's. */
export function pairedWire(options: PairedWireOptions): TourWire {
  const { absent, capabilities, column, ends, key, made, title } = options;
  return {
    key,
    title,
    column,
    ...(absent && { absent }),
    open: async ({ chat, member, roomOptions }) => {
      const [near, far] = await ends();
      const peer: Address = { kind: "stream", name: title };
      const protocol = chat(peer);
      if (protocol === null) throw new Error(`the room is closed to ${key}`);
      await far.connect(protocol, roomOptions);
      await near.connect(member);
      return { address: made, commands: [], stopListening: async () => {} };
    },
    live: () => givenWire(key, capabilities, async () => ends()),
  };
}
