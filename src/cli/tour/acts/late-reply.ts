import type { Bytes, Protocol, Transport } from "../../../contract/index.ts";
import { isHalfCloseable } from "../../../contract/index.ts";
import { messageOf } from "../../wording.ts";
import { shortened, WIDTH } from "../screen.ts";
import type { Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import type { TourWire } from "../wires/tour-wire.ts";

export const REPLY_BYTES = 1_000_000;
/** After the end of the asking side: longer than an impatient relay waits. */
export const REPLY_AFTER_MS = 700;
const PATIENCE_MS = 15_000;
const CELLS_A_LINE = 3;
const CELL_WIDTH = 26;

interface Replied {
  /** How many bytes of the reply came, each the right one. */
  readonly bytes: number;
  readonly reason: string;
  /** Why it was not tried. */
  readonly skipped?: string;
}

/** On every wire: one side asks and ends, the other one answers a while later. */
export async function replyLate(tour: Tour): Promise<void> {
  const { doors, screen } = tour;
  screen.heading(`One side ends; ${REPLY_AFTER_MS} ms later a reply of 1,000,000 bytes:`);
  const replies = doors.map(({ wire }) => askOn(tour, wire));
  const put = screen.cells(CELLS_A_LINE, CELL_WIDTH);
  for (const [index, { wire }] of doors.entries()) {
    const replied = await (replies[index] as Promise<Replied>);
    show(tour, wire, replied, put);
  }
  screen.end();
}

async function askOn(tour: Tour, wire: TourWire): Promise<Replied> {
  const { books, folder, signal } = tour;
  try {
    const under = await wire.live(folder);
    if (!under.capabilities.has("halfClose")) {
      return { bytes: 0, reason: "", skipped: "its directions do not end separately" };
    }
    const entry = books.open(wire.key, true);
    const [asker, answerer] = [new Asker(), new Answerer()];
    const given = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    await using pair = await under.pair(asker, answerer, {
      limits: {},
      signal: given,
      onError: () => {},
    });
    entry.watch(pair.left);
    entry.watch(pair.right);
    let isOver = false;
    void Promise.all([asker.over, answerer.over]).then(() => (isOver = true));
    await pair.settle(() => isOver || given.aborted);
    return { bytes: asker.right, reason: asker.reason };
  } catch (error) {
    return { bytes: 0, reason: messageOf(error) };
  }
}

function show(
  { screen, verdict }: Tour,
  wire: TourWire,
  { bytes, reason, skipped }: Replied,
  put: (words: string, visibleLength: number) => void,
): void {
  const holds = skipped !== undefined || bytes === REPLY_BYTES;
  if (skipped === undefined) verdict.check(holds, wire.key, `${bytes} bytes of the late reply`);
  screen.tell({ event: "lateReply", wire: wire.key, bytes, of: REPLY_BYTES, reason, skipped });
  const mark =
    skipped !== undefined
      ? screen.faint(MARK.absent)
      : holds
        ? screen.good(MARK.held)
        : screen.bad(MARK.broken);
  const count = skipped === undefined ? bytes.toLocaleString("en-US") : "";
  const words = `${wire.title.padEnd(12)} ${count}`;
  put(`${mark} ${words}`, words.length + 2);
  const why = skipped ?? (holds ? undefined : reason);
  if (why !== undefined) screen.line(shortened(`    ${wire.title}: ${why}`, WIDTH));
}

/** The byte at a place of the reply. */
export function replyByte(at: number): number {
  return at % 251;
}

export function replyBytes(): Uint8Array {
  return Uint8Array.from({ length: REPLY_BYTES }, (_, at) => replyByte(at));
}

/** Asks, ends its side, and counts what comes until the other end. */
class Asker implements Protocol {
  readonly over: Promise<void>;
  /** How many bytes came that were the right ones. */
  right = 0;
  reason = "";
  #received = 0;
  #tellOver!: () => void;
  #transport!: Transport;

  constructor() {
    this.over = new Promise((resolve) => (this.#tellOver = resolve));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    transport.write(new TextEncoder().encode("question\n"));
    if (isHalfCloseable(transport)) transport.loseWriteConnection();
  }

  dataReceived(data: Bytes): void {
    for (const byte of data) {
      if (byte === replyByte(this.#received)) this.right += 1;
      this.#received += 1;
    }
  }

  readConnectionLost(): void {
    this.#transport.loseConnection();
  }

  connectionLost({ by, kind }: { readonly by: string; readonly kind: string }): void {
    this.reason = `${kind}/${by}`;
    this.#tellOver();
  }
}

class Answerer implements Protocol {
  readonly over: Promise<void>;
  #tellOver!: () => void;
  #transport!: Transport;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.over = new Promise((resolve) => (this.#tellOver = resolve));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }

  dataReceived(): void {}

  readConnectionLost(): void {
    this.#timer = setTimeout(() => {
      this.#transport.write(replyBytes());
      this.#transport.loseConnection();
    }, REPLY_AFTER_MS);
  }

  connectionLost(): void {
    clearTimeout(this.#timer);
    this.#tellOver();
  }
}
