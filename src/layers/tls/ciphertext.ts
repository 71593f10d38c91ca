import { versions } from "node:process";
import { Duplex } from "node:stream";
import type { Bytes, Transport } from "../../contract/index.ts";
import { whenSent } from "../../flow/index.ts";

/**
 * What the TLS engine reads and writes: a Node stream over the transport beneath.
 *
 * A write is answered when the transport has sent it, so that the engine's own write is, too. What
 * arrives is pushed when it arrives and at no other time; holding back is the transport's business.
 */
export class Ciphertext extends Duplex {
  readonly #lower: Transport;
  readonly #ended: () => void;

  /** @param ended told when the engine has written its last byte, the end mark. */
  constructor(lower: Transport, ended: () => void) {
    super({ allowHalfOpen: true });
    this.#lower = lower;
    this.#ended = ended;
    // What goes wrong is told by the engine or by the transport; here it would end the process.
    this.on("error", () => {});
  }

  /**
   * @returns whether nothing of it is kept: an engine that reads has copied it when this returns,
   *   for one that does not it waits in here.
   */
  arrived(chunk: Bytes): boolean {
    if (!this.destroyed) this.push(chunk);
    return ENGINE_COPIES && this.readableLength === 0;
  }

  override _read(): void {}

  override _write(chunk: Bytes, _encoding: string, done: () => void): void {
    this.#lower.write(chunk);
    this.#whenSent(done);
  }

  override _writev(all: readonly { readonly chunk: Bytes }[], done: () => void): void {
    this.#lower.writeSequence(all.map(({ chunk }) => chunk));
    this.#whenSent(done);
  }

  override _final(done: () => void): void {
    this.#ended();
    done();
  }

  /** What is lost is not answered: the transport's end is about to be told. */
  #whenSent(done: () => void): void {
    whenSent(this.#lower, (wasSent) => {
      if (wasSent && !this.destroyed) done();
    });
  }
}

/** Elsewhere the engine is another one, and may hold what it was given. */
const ENGINE_COPIES = !("bun" in versions || "deno" in versions);
