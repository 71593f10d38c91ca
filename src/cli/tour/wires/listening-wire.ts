import { join } from "node:path";
import type { Address, Capability } from "../../../contract/index.ts";
import { formatAddress } from "../../../contract/index.ts";
import type { WireUnderTest } from "../../../testing/index.ts";
import { endpointWire } from "../../../testing/index.ts";
import type { Entry, OpenWire, Places, TourWire } from "./tour-wire.ts";

interface ListeningWireOptions extends Places {
  readonly key: string;
  readonly title: string;
  readonly column: string;
  /** What a socket of it is called, in the tour's folder. Default: the key. */
  readonly file?: string;
  readonly absent?: () => string | undefined;
  /** Besides `listen` and what every wire here can do. */
  readonly capabilities: readonly Capability[];
  readonly commands: (host: Address) => readonly string[];
}

/** A wire that others can come by: the room listens, the member connects as anybody would. */
export function listeningWire(options: ListeningWireOptions): TourWire {
  const { absent, column, key, leadingTo, server, title } = options;
  return {
    key,
    title,
    column,
    ...(absent && { absent }),
    open: (entry) => open(options, entry),
    live: (folder) => live(options, folder),
    places: { leadingTo, server },
  };
}

async function open(
  { commands, key, file = key, leadingTo, server }: ListeningWireOptions,
  { chat, folder, member, roomOptions }: Entry,
): Promise<OpenWire> {
  const port = await (await server(join(folder, file))).listen(chat, roomOptions);
  try {
    const host = port.getHost();
    await leadingTo(host).connect(member);
    return {
      address: formatAddress(host),
      commands: commands(host),
      stopListening: () => port.stopListening(),
    };
  } catch (error) {
    await port.stopListening();
    throw error;
  }
}

let places = 0;

async function live(options: ListeningWireOptions, folder: string): Promise<WireUnderTest> {
  const { capabilities, key, leadingTo, server } = options;
  return endpointWire({
    name: key,
    capabilities: ["abort", "halfClose", "linger", "backPressure", ...capabilities],
    server: () => {
      places += 1;
      return server(join(folder, `p${places}`));
    },
    leadingTo: (port) => leadingTo(port.getHost()),
  });
}
