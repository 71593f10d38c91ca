import type { Bytes, Capability, Protocol, Runtime, Transport } from "../../src/contract/index.ts";
import type { Facts, Wire } from "../../src/flow/index.ts";
import { Flow } from "../../src/flow/index.ts";

/** A wire that does what the test says: it writes down the verbs, the test reports the facts. */
export class ScriptedWire implements Wire {
  readonly host = { kind: "loopback", side: "left" } as const;
  readonly peer = { kind: "loopback", side: "right" } as const;
  readonly verbs: string[] = [];
  sentText = "";
  /** What is sent stays unsent until `take`. */
  isFull = false;
  #waitingBytes = 0;
  /** Told of every send. */
  onSend: () => void = () => {};
  /** Whether the wire takes what it is given to send, or holds it in flight. */
  takes = true;
  readonly transport: Transport;
  #facts!: Facts;
  readonly #runtime: Runtime;

  constructor(protocol: Protocol, runtime: Runtime, capabilities: readonly Capability[]) {
    this.#runtime = runtime;
    const flow = new Flow(
      (facts) => {
        this.#facts = facts;
        return this;
      },
      { capabilities: new Set(capabilities), accept: () => protocol, runtime },
    );
    this.transport = flow.transport;
    flow.opened();
  }

  get facts(): Facts {
    return this.#facts;
  }

  send(chunks: readonly Bytes[]): void {
    this.onSend();
    if (!this.takes) return;
    for (const chunk of chunks) {
      this.sentText += Buffer.from(chunk).toString();
      if (this.isFull) this.#waitingBytes += chunk.byteLength;
      else this.#facts.sent(chunk.byteLength);
    }
  }

  /** There is room again, for what waits as well. */
  take(): void {
    this.isFull = false;
    const waiting = this.#waitingBytes;
    this.#waitingBytes = 0;
    if (waiting > 0) this.#facts.sent(waiting);
  }

  endSending(): void {
    this.verbs.push("endSending");
    this.#runtime.turn.later(() => this.#facts.sendingEnded());
  }

  pauseReading(): void {}

  resumeReading(): void {}

  close(): void {
    this.verbs.push("close");
    this.#runtime.turn.later(() => this.#facts.over());
  }

  abort(): void {
    this.verbs.push("abort");
    this.#runtime.turn.later(() => this.#facts.over());
  }
}
