import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import type { TourWire } from "../wires/tour-wire.ts";
import { megabytes } from "./lines.ts";
import { Chain } from "./relay-chain.ts";
import { CHUNK_BYTES, CHUNKS, SlowReader, Source } from "./slow-peers.ts";

const LOOK_EVERY_MS = 25;
const SWEEP_MS = 50;
const PATIENCE_MS = 20_000;
/** What sockets of the system and the queues of three hops hold at the most, with room to spare. */
const ON_THE_WAY_MAX = (CHUNK_BYTES * CHUNKS) / 2;

/** A source that never tires, relays over different wires, and a reader who takes its time. */
export async function readSlowly(tour: Tour): Promise<void> {
  const { screen, verdict } = tour;
  const hops = tour.doors
    .map(({ wire }) => wire)
    .filter(({ key, places }) => places !== undefined && HOPS.includes(key))
    .sort((one, other) => HOPS.indexOf(one.key) - HOPS.indexOf(other.key));
  if (hops.length === 0) return;
  const total = CHUNK_BYTES * CHUNKS;
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
