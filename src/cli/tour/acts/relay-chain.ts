import { join } from "node:path";
import type { ListeningPort } from "../../../contract/index.ts";
import type { Relay } from "../../../join/index.ts";
import { relay } from "../../../join/index.ts";
import type { Entry } from "../books.ts";
import type { Tour } from "../tour-context.ts";
import type { Places, TourWire } from "../wires/tour-wire.ts";
import type { SlowReader } from "./slow-peers.ts";

/** Relays from wire to wire, the reader at the end. */
export class Chain implements AsyncDisposable {
  /** Each hop's place in the books, from the source on. */
  readonly entries: readonly Entry[];
  readonly #port: ListeningPort;
  readonly #relays: readonly Relay[];

  private constructor(port: ListeningPort, relays: readonly Relay[], entries: readonly Entry[]) {
    this.entries = entries;
    this.#port = port;
    this.#relays = relays;
  }

  static async of(
    { books, folder }: Tour,
    hops: readonly TourWire[],
    reader: SlowReader,
  ): Promise<Chain> {
    const places = hops.map((wire) => wire.places as Places).reverse();
    const [last, ...before] = places as [Places, ...Places[]];
    const entries = hops.map(({ key }) => books.open(key, true));
    const server = await last.server(join(folder, "h0"));
    const port = await server.listen(() => {
      reader.came = (transport) => entries.at(-1)?.watch(transport);
      return reader;
    });
    const relays: Relay[] = [];
    let [next, host] = [last, port.getHost()];
    for (const [index, place] of before.entries()) {
      const from = await place.server(join(folder, `h${index + 1}`));
      const made = await relay(from, next.leadingTo(host), {
        events: {
          closed: (_connection, { left, right }) => {
            entries.at(-2 - index)?.note(left);
            entries.at(-1 - index)?.note(right);
          },
        },
      });
      relays.push(made);
      [next, host] = [place, made.getHost()];
    }
    return new Chain(port, relays, entries);
  }

  get entrance(): ReturnType<ListeningPort["getHost"]> {
    return (this.#relays.at(-1) ?? this.#port).getHost();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#relays.map((made) => made.close({ graceMs: 500 })));
    await this.#port.stopListening();
  }
}
