import type { Shortcut } from "../../src/flow/index.ts";

/** What a shortcut carried, kept until flow asks. */
export abstract class CountedShortcut implements Pick<Shortcut, "takeRead" | "takeSent"> {
  #read = 0;
  #sent = 0;

  takeRead(): number {
    const read = this.#read;
    this.#read = 0;
    return read;
  }

  takeSent(): number {
    const sent = this.#sent;
    this.#sent = 0;
    return sent;
  }

  /** It has carried so much, and flow has not been told yet. */
  moves(read: number, sent: number): void {
    this.#read += read;
    this.#sent += sent;
  }
}
