import type { Socket } from "node:net";
import type { Bytes } from "../../../contract/index.ts";
import type { Outlet, OutletFacts } from "../duct.ts";
import { errnoOf } from "../errno.ts";
import { destroyed } from "./stream-intake.ts";

/**
 * The writable side of a pipe or a socket as Node streams it. A reader that has gone is an end, not
 * a failure: pipes have no reset.
 */
export class StreamOutlet implements Outlet {
  readonly #stream: Socket;
  readonly #facts: OutletFacts;
  readonly #keepsOpen: boolean;
  #bytesInFlight = 0;
  #isSilent = false;

  /** @param keepsOpen others write there too: our end is not to be theirs. */
  constructor(stream: Socket, facts: OutletFacts, keepsOpen = false) {
    this.#stream = stream;
    this.#keepsOpen = keepsOpen;
    this.#facts = facts;
    stream.on("finish", this.#ended);
    stream.on("close", this.#ended);
    stream.on("error", this.#failed);
    if (stream.closed) setImmediate(this.#ended);
  }

  send(chunks: readonly Bytes[]): void {
    const last = chunks.length - 1;
    this.#bytesInFlight = 0;
    if (last > 0) this.#stream.cork();
    for (const [index, chunk] of chunks.entries()) {
      this.#bytesInFlight += chunk.length;
      this.#stream.write(chunk, index === last ? this.#written : undefined);
    }
    if (last > 0) this.#stream.uncork();
  }

  end(): void {
    if (this.#keepsOpen) setImmediate(this.#ended);
    else this.#stream.end();
  }

  close(done: () => void): void {
    this.#isSilent = true;
    destroyed(this.#stream, done);
  }

  /** On a destroyed stream the absence of an error means nothing. */
  readonly #written = (error?: Error | null): void => {
    if (error || this.#stream.destroyed || this.#isSilent) return;
    const byteCount = this.#bytesInFlight;
    this.#bytesInFlight = 0;
    this.#facts.sent(byteCount);
  };

  readonly #ended = (): void => {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#facts.ended();
  };

  readonly #failed = (error: Error): void => {
    if (this.#isSilent) return;
    this.#isSilent = true;
    if (GONE.has(errnoOf(error))) this.#facts.ended();
    else this.#facts.failed(error);
  };
}

const GONE: ReadonlySet<string> = new Set([
  "EPIPE",
  // What Windows calls a broken pipe.
  "EOF",
  "ECONNRESET",
  "ECANCELED",
  "ERR_STREAM_DESTROYED",
]);
