import type { Bytes, Protocol, Transport } from "../contract/index.ts";
import { isHalfCloseable } from "../contract/index.ts";

/** What arrived at each end, and what should have. */
export interface Outcome {
  readonly toServer: number;
  readonly toServerExpected: number;
  readonly toClient: number;
  readonly toClientExpected: number;
  /** Bytes that arrived and are not the ones that were sent. */
  readonly wrong: number;
}

/** Two protocols that talk to each other, once. */
export interface Played {
  readonly client: Protocol;
  readonly server: Protocol;
  /** Settles when both connections are over. */
  readonly finished: Promise<Outcome>;
}

export interface Exchange {
  readonly name: string;
  readonly play: () => Played;
}

const BULK_BYTES = 1024 * 1024;
const REPLY_BYTES = 1_000_000;
const REPLY_AFTER_MS = 100;
const CHATTER_EVERY_MS = 2;
/** How long a slow reader holds still, once, so that the close comes while it is behind. */
const READER_RESTS_MS = 60;

/** The hard cases of a relay, in the order of the table. */
export const EXCHANGES: readonly Exchange[] = [
  { name: "both ways at once", play: () => new BothWays() },
  { name: "a reply after half-close", play: () => new LateReply() },
  { name: "a close on a talking peer", play: () => new ChattyClose() },
];

/** One end of an exchange: counts what it gets and checks it against the pattern. */
abstract class End implements Protocol {
  transport!: Transport;
  receivedBytes = 0;
  wrongBytes = 0;
  writtenBytes = 0;
  readonly lost: Promise<void>;
  #settle!: () => void;

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    this.begin();
  }

  dataReceived(data: Bytes): void {
    for (let index = 0; index < data.byteLength; index++) {
      if (data[index] !== patternAt(this.receivedBytes + index)) this.wrongBytes += 1;
    }
    this.receivedBytes += data.byteLength;
  }

  readConnectionLost(): void {
    this.peerEnded();
  }

  connectionLost(): void {
    this.#settle();
  }

  protected begin(): void {}

  protected peerEnded(): void {
    this.transport.loseConnection();
  }

  /** Writes the next `count` bytes of the pattern. */
  protected send(count: number): void {
    this.transport.write(pattern(this.writtenBytes, count));
    this.writtenBytes += count;
  }

  protected endSending(): void {
    if (isHalfCloseable(this.transport)) this.transport.loseWriteConnection();
  }
}

abstract class Pair implements Played {
  abstract readonly client: End;
  abstract readonly server: End;

  get finished(): Promise<Outcome> {
    const { client, server } = this;
    return Promise.all([client.lost, server.lost]).then(() => ({
      toServer: server.receivedBytes,
      toServerExpected: this.toServerExpected,
      toClient: client.receivedBytes,
      toClientExpected: server.writtenBytes,
      wrong: client.wrongBytes + server.wrongBytes,
    }));
  }

  protected get toServerExpected(): number {
    return this.client.writtenBytes;
  }
}

class BothWays extends Pair {
  override readonly client: End = new Bulk();
  override readonly server: End = new Bulk();
}

class Bulk extends End {
  protected override begin(): void {
    this.send(BULK_BYTES);
    this.endSending();
  }
}

/** The client asks and ends its direction; the answer comes a while later. */
class LateReply extends Pair {
  override readonly client: End = new Asking();
  override readonly server: End = new Answering();
}

class Asking extends End {
  protected override begin(): void {
    this.send(5);
    this.endSending();
  }
}

class Answering extends End {
  protected override peerEnded(): void {
    setTimeout(() => {
      this.send(REPLY_BYTES);
      this.transport.loseConnection();
    }, REPLY_AFTER_MS);
  }
}

/** The server closes behind a megabyte while the client reads late and never stops talking. */
class ChattyClose extends Pair {
  override readonly client: End = new Chatting();
  override readonly server: End = new Closing();

  /** Who closes first reads no more: what was said to it after that is rightly discarded. */
  protected override get toServerExpected(): number {
    return this.server.receivedBytes;
  }
}

class Chatting extends End {
  #chatter: NodeJS.Timeout | undefined;

  protected override begin(): void {
    this.transport.pauseProducing();
    setTimeout(() => this.transport.resumeProducing(), READER_RESTS_MS);
    this.#chatter = setInterval(() => this.send(1), CHATTER_EVERY_MS);
  }

  override connectionLost(): void {
    clearInterval(this.#chatter);
    super.connectionLost();
  }

  protected override peerEnded(): void {
    clearInterval(this.#chatter);
    super.peerEnded();
  }
}

class Closing extends End {
  protected override begin(): void {
    this.send(BULK_BYTES);
    this.transport.loseConnection();
  }
}

/** A byte that tells where in the stream it belongs, for any shift that is no multiple of 251. */
function patternAt(offset: number): number {
  return offset % 251;
}

function pattern(start: number, count: number): Bytes {
  return Uint8Array.from({ length: count }, (_, index) => patternAt(start + index));
}
