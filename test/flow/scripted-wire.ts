import type { Address, Bytes } from "../../src/contract/index.ts";
import type { Facts, Wire } from "../../src/flow/index.ts";

/** A wire that carries nothing: it writes down what flow asks, and the test reports the facts. */
export class ScriptedWire implements Wire {
  readonly host: Address = { kind: "memory", name: "here" };
  readonly peer: Address = { kind: "memory", name: "there" };
  /** Every verb, in order: `send 10`, `endSending`, `close`, … */
  readonly verbs: string[] = [];
  /** The chunks of every `send`. */
  readonly sends: (readonly Bytes[])[] = [];
  readonly facts: Facts;
  /** What else a `send` does: a test may report `sent` from inside it. */
  onSend: (byteCount: number) => void = () => {};
  #taken = 0;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  send(chunks: readonly Bytes[]): void {
    const byteCount = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    this.verbs.push(`send ${byteCount}`);
    this.sends.push(chunks);
    this.onSend(byteCount);
  }

  endSending(): void {
    this.verbs.push("endSending");
  }

  pauseReading(): void {
    this.verbs.push("pauseReading");
  }

  resumeReading(): void {
    this.verbs.push("resumeReading");
  }

  close(): void {
    this.verbs.push("close");
  }

  abort(): void {
    this.verbs.push("abort");
  }

  /** Makes `sent` come from inside every `send`, as on a wire that always has room. */
  takeAtOnce(): void {
    this.onSend = (byteCount) => this.facts.sent(byteCount);
  }

  /** The verbs since the last time this was asked, without those about reading. */
  takeVerbs(): string[] {
    const verbs = this.verbs.slice(this.#taken);
    this.#taken = this.verbs.length;
    return verbs.filter((verb) => !verb.endsWith("Reading"));
  }

  /** How often `verb` was asked. */
  count(verb: string): number {
    return this.verbs.filter((other) => other.split(" ")[0] === verb).length;
  }
}
