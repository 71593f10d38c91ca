import type { Socket } from "node:net";
import type { Intake, IntakeFacts } from "../duct.ts";
import { keptChunk } from "./kept-chunk.ts";

/** The readable side of a pipe, a socket or a terminal as Node streams it. */
export class StreamIntake implements Intake {
  readonly #stream: Socket;
  readonly #facts: IntakeFacts;
  #isReading = false;
  #isSilent = false;

  constructor(stream: Socket, facts: IntakeFacts) {
    this.#stream = stream;
    this.#facts = facts;
    stream.pause();
    stream.on("data", this.#received);
    stream.on("end", this.#ended);
    stream.on("error", this.#failed);
    stream.on("close", this.#ended);
    // Node reads on by itself when a child process has exited: a paused reader stays paused.
    stream.on("resume", () => {
      if (!this.#isReading) stream.pause();
    });
    if (stream.closed) setImmediate(this.#ended);
  }

  read(): void {
    this.#isReading = true;
    this.#stream.resume();
  }

  pause(): void {
    this.#isReading = false;
    this.#stream.pause();
  }

  close(done: () => void): void {
    this.#isSilent = true;
    destroyed(this.#stream, done);
  }

  readonly #received = (chunk: Buffer): void => {
    if (!this.#isSilent) this.#facts.received(keptChunk(chunk));
  };

  readonly #ended = (): void => {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#facts.ended();
  };

  readonly #failed = (error: Error): void => {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#facts.failed(error);
  };
}

/** Destroys `stream`, and calls `done` in a later turn, when it has let go of its descriptor. */
export function destroyed(stream: Socket, done: () => void): void {
  if (stream.closed) {
    setImmediate(done);
    return;
  }
  stream.once("close", () => setImmediate(done));
  stream.destroy();
}
