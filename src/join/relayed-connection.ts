import type {
  Address,
  ClientEndpoint,
  Clock,
  EndpointOptions,
  Protocol,
} from "../contract/index.ts";
import { EndedEarlyError } from "./ended-early.ts";
import type { Taps } from "./joint.ts";
import { Joint } from "./joint.ts";
import type { JoinReport } from "./report.ts";

export interface RelayedOptions {
  readonly serial: number;
  readonly client: Address;
  readonly clock: Clock;
  readonly halfOpenIdleMs: number;
  readonly shortcut?: boolean;
  readonly taps?: (connection: RelayedConnection) => Taps;
  readonly onJoined: (connection: RelayedConnection) => void;
}

/** One connection that a relay accepted, and the one it made for it. */
export class RelayedConnection {
  /** Counts from 1, in the order of accepting. */
  readonly serial: number;
  /** Who connected. */
  readonly client: Address;
  readonly #joint: Joint;
  readonly #giveUp: AbortController = new AbortController();
  #target: Address | undefined;
  #lostAlone: () => void = () => {};
  readonly #isAlone: Promise<void> = new Promise((resolve) => {
    this.#lostAlone = resolve;
  });

  constructor(options: RelayedOptions) {
    const { serial, client, clock, halfOpenIdleMs, shortcut, taps, onJoined } = options;
    this.serial = serial;
    this.client = client;
    this.#joint = new Joint({
      clock,
      halfOpenIdleMs,
      ...(shortcut === undefined ? {} : { shortcut }),
      ...(taps === undefined ? {} : { taps: taps(this) }),
      onJoined: () => {
        this.#target = this.#joint.peerOf("right");
        onJoined(this);
      },
      onLostAlone: (side, reason) => {
        this.#giveUp.abort(new EndedEarlyError(side, reason));
        this.#lostAlone();
      },
    });
  }

  /** Whom it is joined to, once it is. */
  get target(): Address | undefined {
    return this.#target;
  }

  /** Carried so far: `leftToRight` is from the client on. */
  get bytes(): JoinReport["bytes"] {
    return this.#joint.bytes;
  }

  /** Whether nobody reads any more what the accepted side is sent. */
  get isReaderGone(): boolean {
    const side = this.#joint.tookNoMore;
    return side === "left" || side === "both";
  }

  /** Of those, what went past the two protocols; absent where the wires have no way for that. */
  get shortcutBytes(): JoinReport["shortcutBytes"] {
    return this.#joint.shortcutBytes;
  }

  /** The protocol of the accepted side. */
  get accepted(): Protocol {
    return this.#joint.left;
  }

  /** Connects the second side; settles when both are over, or the accepted one alone. */
  async run(onto: ClientEndpoint, options: EndpointOptions): Promise<JoinReport> {
    try {
      await onto.connect(this.#joint.right, { ...options, signal: this.#giveUp.signal });
    } catch (error) {
      this.#joint.abort();
      await this.#isAlone;
      throw error;
    }
    return this.#joint.report;
  }

  /** Cuts both sides. */
  abort(): void {
    this.#giveUp.abort();
    this.#joint.abort();
  }
}
