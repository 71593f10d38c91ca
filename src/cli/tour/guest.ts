import type { Bytes, CloseReason, Protocol, Transport } from "../../contract/index.ts";

/** How much of all guests together is let in at a time, and how often. */
const EVERY_MS = 50;
const LINES_AT_ONCE = 32;
const BYTES_AT_ONCE = 256 * 1024;

/**
 * The chat of somebody nobody knows: what they say is let in bit by bit, and they are not read
 * meanwhile, so that one who floods the room slows themselves alone.
 */
export class Guest implements Protocol {
  readonly #chat: Protocol;
  readonly #crowd: () => number;
  readonly #cut: (error: unknown) => void;
  #waiting: Bytes[] = [];
  #timer: NodeJS.Timeout | undefined;
  #transport!: Transport;

  /**
   * @param crowd how many guests there are now, with whom this one has to share.
   * @param cut ends the connection for what the chat threw, outside of the transport's calls.
   */
  constructor(chat: Protocol, crowd: () => number, cut: (error: unknown) => void) {
    this.#chat = chat;
    this.#crowd = crowd;
    this.#cut = cut;
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#chat.connectionMade(transport);
  }

  dataReceived(data: Bytes): void {
    this.#waiting.push(data);
    if (this.#timer !== undefined) return;
    this.#letIn();
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
  }

  connectionLost(reason: CloseReason): void {
    clearInterval(this.#timer);
    this.#waiting = [];
    this.#chat.connectionLost(reason);
  }

  #tick(): void {
    try {
      if (this.#waiting.length > 0) {
        this.#letIn();
        return;
      }
    } catch (error) {
      this.#cut(error);
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #letIn(): void {
    const crowd = this.#crowd();
    let lines = Math.ceil(LINES_AT_ONCE / crowd);
    let bytes = Math.ceil(BYTES_AT_ONCE / crowd);
    while (lines > 0 && bytes > 0) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      const cut = cutOf(chunk, lines, bytes);
      lines -= cut.lines;
      bytes -= cut.at;
      if (cut.at < chunk.byteLength) this.#waiting.unshift(chunk.subarray(cut.at));
      this.#chat.dataReceived(chunk.subarray(0, cut.at));
    }
    if (this.#waiting.length > 0) this.#transport.pauseProducing();
    else this.#transport.resumeProducing();
  }
}

/** Where a chunk is to be cut so that it holds at most so many lines and bytes. */
function cutOf(chunk: Bytes, lines: number, bytes: number): { at: number; lines: number } {
  const end = Math.min(chunk.byteLength, bytes);
  let found = 0;
  for (let at = 0; at < end; at++) {
    if (chunk[at] !== NEWLINE) continue;
    found += 1;
    if (found === lines) return { at: at + 1, lines: found };
  }
  return { at: end, lines: found };
}

const NEWLINE = 10;
