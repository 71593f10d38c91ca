import type {
  Address,
  Bytes,
  CloseCause,
  Ledger,
  Limits,
  LoopbackAddress,
  OnError,
  Protocol,
} from "../contract/index.ts";
import { BusyError, resolveLimits, UnsupportedError, WireError } from "../contract/index.ts";
import type { Facts, FlowCalls, Wire } from "../flow/index.ts";
import { checkProtocol, Flow, FlowTransport } from "../flow/index.ts";
import { joined } from "./pump.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

export interface LoopbackRelayOptions {
  /** The side that writes. Default `"left"`. */
  readonly from?: LoopbackAddress["side"];
  /** Told one line for each write and each delivery, with the bytes escaped. */
  readonly log?: (line: string) => void;
  readonly limits?: Partial<Limits>;
  /** Takes what `connectionLost` of the target throws. Default: one line on the error stream. */
  readonly onError?: OnError;
}

/**
 * One direction of a connection, pumped by hand: what is written waits until `clearBuffer`.
 *
 * Two relays, each given the other side's protocol, make a connection; the protocols' own
 * `connectionMade` is called by whoever makes the pair. Nothing ever moves by itself, and no time
 * passes, so the time limits never act. The writer's protocol is told nothing, since it has none
 * here; the target gets `dataReceived` and, once, `connectionLost`.
 *
 * Writing, producers, closing and the ledger are as on every transport: a pull producer is resumed
 * once when registered and once each time everything has been delivered; a registered producer
 * holds
 * the close; writes after the close are dropped. `loseWriteConnection` and `switchProtocol` are
 * refused with ERR_WIRE_UNSUPPORTED.
 *
 * @see twisted.protocols.loopback.LoopbackRelay: there a second producer passed unnoticed and the
 *   addresses were a text.
 *
 * @example a greeting, delivered when the test wants it
 * ```ts
 * const relay = new LoopbackRelay(server);
 * client.connectionMade(relay);
 * relay.clearBuffer();
 * ```
 */
export class LoopbackRelay extends FlowTransport {
  readonly #runtime: VirtualRuntime;
  readonly #wire: RelayWire;
  readonly #log: (line: string) => void;
  readonly #from: string;
  #isPumping = false;

  /** @throws {TypeError} when `target` lacks a method; {RangeError} when a limit is wrong. */
  constructor(target: Protocol, options: LoopbackRelayOptions = {}) {
    checkProtocol(target);
    const { from = "left", onError, log = () => {} } = options;
    const runtime = new VirtualRuntime();
    const wire = new RelayWire(target, from, runtime);
    let calls!: FlowCalls;
    const flow = new Flow((facts) => wire.attach(facts), {
      capabilities: new Set(["abort", "abortVisible", "backPressure"]),
      limits: resolveLimits(options.limits),
      runtime,
      accept: () => NOBODY,
      ended: ({ kind }) => wire.tellEnd(kind === "aborted"),
      transport: (given) => {
        calls = given;
        return new FlowTransport(given);
      },
      ...(onError === undefined ? {} : { onError }),
    });
    super(calls);
    this.#runtime = runtime;
    this.#wire = wire;
    this.#log = log;
    this.#from = from;
    flow.opened();
    runtime.advance(0);
  }

  override write(data: Bytes): void {
    super.write(data);
    this.#log(`${this.#from} writes ${escaped(data)}`);
  }

  override writeSequence(data: Iterable<Bytes>): void {
    const chunks = typeof data === "object" && data !== null ? [...data] : data;
    super.writeSequence(chunks);
    for (const chunk of chunks) this.#log(`${this.#from} writes ${escaped(chunk)}`);
  }

  /** @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED always. */
  override switchProtocol(): void {
    throw new UnsupportedError("switch the protocol", "a relay has no protocol of its own");
  }

  /**
   * Delivers all that waits, as one chunk, to the target; then, if a close was asked and no
   * producer
   * holds it, the target's `connectionLost`. After that: nothing happens.
   *
   * What is written during the call waits for the next one.
   *
   * @throws {BusyError} ERR_WIRE_BUSY when called from inside itself.
   */
  clearBuffer(): void {
    if (this.#isPumping) throw new BusyError("pump the relay", "it is being pumped");
    this.#isPumping = true;
    try {
      const goal = this.ledger.unsent;
      this.#runtime.advance(0);
      const data = this.#wire.take(goal);
      if (data.byteLength > 0) {
        this.#log(`${this.#from} delivers ${escaped(data)}`);
        this.#wire.deliver(data);
      }
      this.#runtime.advance(0);
    } finally {
      this.#isPumping = false;
    }
  }
}

/** The wire of a relay: holds what it is given until it is taken. */
class RelayWire implements Wire {
  readonly host: Address;
  readonly peer: Address;
  readonly #target: Protocol;
  readonly #runtime: VirtualRuntime;
  #facts!: Facts;
  #chunks: readonly Bytes[] = [];
  #delivered = 0;
  #isOver = false;
  #cause: CloseCause | null = null;

  constructor(target: Protocol, from: LoopbackAddress["side"], runtime: VirtualRuntime) {
    this.#target = target;
    this.#runtime = runtime;
    this.host = { kind: "loopback", side: from };
    this.peer = { kind: "loopback", side: from === "left" ? "right" : "left" };
  }

  attach(facts: Facts): this {
    this.#facts = facts;
    return this;
  }

  /**
   * What was sent, copied, and told as sent, until it is `goal` bytes; what that sets free to be
   * sent, too.
   */
  take(goal: number): Bytes {
    const taken: Bytes[] = [];
    let byteCount = 0;
    while (byteCount < goal && this.#chunks.length > 0) {
      const data = joined(this.#chunks);
      this.#chunks = [];
      taken.push(data);
      byteCount += data.byteLength;
      this.#facts.sent(data.byteLength);
    }
    return joined(taken);
  }

  deliver(data: Bytes): void {
    this.#delivered += data.byteLength;
    try {
      this.#target.dataReceived(data);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#cause = { kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW", error };
      this.#end({ kind: "lost", by: "peer", code: "ERR_WIRE_RESET", error: reset(this.peer) });
    }
  }

  /** Tells the target, once, why it is over. */
  tellEnd(wasAborted: boolean): void {
    const cut: CloseCause = {
      kind: "lost",
      by: "peer",
      code: "ERR_WIRE_RESET",
      error: reset(this.host),
    };
    const cause = this.#cause ?? (wasAborted ? cut : { kind: "done", by: "peer" });
    const received = this.#delivered;
    const ledger: Ledger = { ...NOTHING, received, delivered: received };
    this.#target.connectionLost({ ...cause, ledger });
  }

  send(chunks: readonly Bytes[]): void {
    this.#chunks = chunks;
  }

  endSending(): void {
    this.#runtime.turn.later(() => this.#facts.sendingEnded());
  }

  pauseReading(): void {}

  resumeReading(): void {}

  close(): void {
    this.#end();
  }

  abort(): void {
    this.#chunks = [];
    this.#end();
  }

  #end(cause?: CloseCause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#runtime.turn.later(() => this.#facts.over(cause));
  }
}

function reset(address: Address): WireError {
  const message = "Cannot go on: the peer reset the connection";
  return new WireError("ERR_WIRE_RESET", message, { address });
}

/** As a person reads bytes: printable ASCII as it is, the rest escaped. */
function escaped(data: Bytes): string {
  const letters = Array.from(data, (byte) => {
    if (byte === 10) return "\\n";
    if (byte === 13) return "\\r";
    if (byte === 34 || byte === 92) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${letters.join("")}"`;
}

/** The writer's protocol as the relay sees it: there is none. */
const NOBODY: Protocol = {
  connectionMade: () => {},
  dataReceived: () => {},
  connectionLost: () => {},
};

const NOTHING: Ledger = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};
