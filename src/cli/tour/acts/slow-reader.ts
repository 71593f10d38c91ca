import { createHash } from "node:crypto";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type {
  Bytes,
  ListeningPort,
  Protocol,
  PushProducer,
  Transport,
} from "../../../contract/index.ts";
import type { Relay } from "../../../join/index.ts";
import { relay } from "../../../join/index.ts";
import type { Entry } from "../books.ts";
import type { Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import type { Places, TourWire } from "../wires/tour-wire.ts";
import { megabytes } from "./lines.ts";

const CHUNK = Buffer.alloc(64 * 1024, "overwall");
const CHUNKS = 1024;
const READ_EVERY_MS = 20;
const SLOW_MS = 2000;
const LOOK_EVERY_MS = 25;
const SWEEP_MS = 50;
const PATIENCE_MS = 20_000;
/** What sockets of the system and the queues of three hops hold at the most, with room to spare. */
const ON_THE_WAY_MAX = (CHUNK.length * CHUNKS) / 2;

/** A source that never tires, relays over different wires, and a reader who takes its time. */
export async function readSlowly(tour: Tour): Promise<void> {
  const { screen, verdict } = tour;
  const hops = tour.doors
    .map(({ wire }) => wire)
    .filter(({ key, places }) => places !== undefined && HOPS.includes(key))
    .sort((one, other) => HOPS.indexOf(one.key) - HOPS.indexOf(other.key));
  if (hops.length === 0) return;
  const total = CHUNK.length * CHUNKS;
  screen.heading("One slow reader, behind relays. The source is held, memory is not filled:");
  const path = hops.map(({ title }) => title).join(" → relay → ");
  screen.line(`  source → ${path} → reader`);
  const { onTheWayMax, memoryGrowth, paused, received, rateSlow, same } = await run(tour, hops);
  const holds = paused > 0 && same && onTheWayMax <= ON_THE_WAY_MAX;
  verdict.check(holds, null, "one slow reader holds the source");
  screen.tell({
    event: "slowReader",
    hops: hops.map(({ key }) => key),
    paused,
    onTheWayMax,
    memoryGrowth,
    rateSlow,
    received,
    of: total,
    same,
    held: holds,
  });
  const mark = holds ? screen.good(MARK.held) : screen.bad(MARK.broken);
  const growth = `${memoryGrowth < 0 ? "" : "+"}${megabytes(memoryGrowth)}`;
  screen.line(
    `  reader at ${megabytes(rateSlow)}/s: source paused ${paused}×, ` +
      `${megabytes(onTheWayMax)} on the way, memory ${growth}`,
  );
  screen.line(
    `  ${mark} then at full speed: ${megabytes(received)} of ${megabytes(total)} there, ` +
      `SHA-256 ${same ? "the same" : "differs"}`,
  );
}

const HOPS = ["tls", "unix", "tcp"];

interface Outcome {
  readonly paused: number;
  readonly onTheWayMax: number;
  readonly memoryGrowth: number;
  /** Bytes a second, while it was slow. */
  readonly rateSlow: number;
  readonly received: number;
  readonly same: boolean;
}

async function run(tour: Tour, hops: readonly TourWire[]): Promise<Outcome> {
  const reader = new SlowReader();
  const source = new Source();
  const chain = await Chain.of(tour, hops, reader);
  // What is swept is given back a little later.
  memoryInUse();
  await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  const before = memoryInUse();
  let [onTheWayMax, memoryGrowth] = [0, 0];
  reader.hurries = () => {
    memoryGrowth = memoryInUse() - before;
  };
  const look = setInterval(() => {
    onTheWayMax = Math.max(onTheWayMax, source.written - reader.received);
  }, LOOK_EVERY_MS);
  try {
    const [first] = hops;
    const target = first?.places?.leadingTo(chain.entrance);
    const { signal } = tour;
    await target?.connect(source, { signal });
    chain.entries[0]?.watch(source.transport);
    const late = setTimeout(() => reader.giveUp(), PATIENCE_MS);
    signal.addEventListener("abort", () => reader.giveUp(), { once: true });
    const { received, rateSlow, sha256 } = await reader.done;
    clearTimeout(late);
    return {
      paused: source.paused,
      onTheWayMax,
      memoryGrowth,
      rateSlow,
      received,
      same: sha256 === source.sha256,
    };
  } finally {
    clearInterval(look);
    await chain[Symbol.asyncDispose]();
  }
}

/** What is in use once all garbage is gone: what is merely not swept yet is nobody's queue. */
function memoryInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}

/** Relays from wire to wire, the reader at the end. */
class Chain implements AsyncDisposable {
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

/** Writes as fast as it is let, and counts how often it is not. */
class Source implements Protocol, PushProducer {
  paused = 0;
  transport!: Transport;
  readonly #hash = createHash("sha256");
  #chunks = 0;
  #isHeld = false;

  get written(): number {
    return this.#chunks * CHUNK.length;
  }

  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.registerProducer(this, true);
    this.#write();
  }

  dataReceived(): void {}

  connectionLost(): void {}

  pauseProducing(): void {
    this.paused += 1;
    this.#isHeld = true;
  }

  resumeProducing(): void {
    this.#isHeld = false;
    this.#write();
  }

  stopProducing(): void {
    this.#isHeld = true;
  }

  #write(): void {
    while (!this.#isHeld && this.#chunks < CHUNKS) {
      this.#chunks += 1;
      this.#hash.update(CHUNK);
      this.transport.write(CHUNK);
    }
    if (this.#chunks < CHUNKS) return;
    this.transport.unregisterProducer();
    this.transport.loseConnection();
  }
}

interface Done {
  readonly received: number;
  readonly rateSlow: number;
  readonly sha256: string;
}

/** Rests after every chunk for a while; then reads all that is left. */
class SlowReader implements Protocol {
  readonly done: Promise<Done>;
  received = 0;
  isSlow = true;
  came: (transport: Transport) => void = () => {};
  /** Told when it has been slow for long enough. */
  hurries: () => void = () => {};
  readonly #hash = createHash("sha256");
  #rateSlow = 0;
  #tellDone!: (done: Done) => void;
  #transport!: Transport;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.done = new Promise((resolve) => (this.#tellDone = resolve));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#startedMs = performance.now();
    this.came(transport);
  }

  dataReceived(data: Bytes): void {
    this.received += data.byteLength;
    this.#hash.update(data);
    if (!this.isSlow) return;
    const elapsedMs = performance.now() - this.#startedMs;
    this.#rateSlow = (this.received * 1000) / elapsedMs;
    this.isSlow = elapsedMs < SLOW_MS;
    if (!this.isSlow) this.hurries();
    this.#transport.pauseProducing();
    this.#timer = setTimeout(() => this.#transport.resumeProducing(), READ_EVERY_MS);
  }

  connectionLost(): void {
    this.giveUp();
  }

  giveUp(): void {
    clearTimeout(this.#timer);
    const { received } = this;
    this.#tellDone({ received, rateSlow: this.#rateSlow, sha256: this.#hash.copy().digest("hex") });
  }
}
