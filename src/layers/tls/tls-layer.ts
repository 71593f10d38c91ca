import type {
  Address,
  Bytes,
  Capability,
  CloseReason,
  EndpointOptions,
  Limits,
  Protocol,
  Runtime,
  Transport,
} from "../../contract/index.ts";
import { Borrower } from "../../flow/borrower.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { Flow, foundationOf, standsOn } from "../../flow/index.ts";
import type { Handshake } from "./handshake.ts";
import type { TlsTransport } from "./tls-transport.ts";
import { TlsFlowTransport } from "./tls-transport.ts";
import { TlsWire } from "./tls-wire.ts";

/** What the connection above is made with. */
export interface TlsLayerOptions extends Pick<EndpointOptions, "onError" | "observer"> {
  readonly limits: Limits;
  readonly accept: (peer: Address) => Protocol<TlsTransport> | null;
  /** @param error why it did not begin; nothing when `connectionMade` has returned. */
  readonly begun?: (error: unknown, layer: TlsLayer) => void;
  /** Told last, also when it never began. */
  readonly ended?: (reason: CloseReason, layer: TlsLayer) => void;
}

/** The protocol beneath: it brings the transport, and passes on what that reports. */
export class TlsLayer extends Borrower {
  readonly #handshake: Handshake;
  readonly #options: () => TlsLayerOptions;
  #flow: Flow | null = null;
  #wire: TlsWire | null = null;
  #lower: Transport | null = null;
  #isOpen = false;
  #cancelled: { readonly reason: unknown } | null = null;

  /** @param options asked for when the transport is there. */
  constructor(handshake: Handshake, options: () => TlsLayerOptions) {
    super();
    this.#handshake = handshake;
    this.#options = options;
  }

  /** Whether the handshake was done. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The connection above, once the one beneath is there. */
  get transport(): TlsTransport | null {
    return this.#flow === null ? null : (this.#flow.transport as unknown as TlsTransport);
  }

  /** What is beneath, once it is there. */
  get lower(): Transport | null {
    return this.#lower;
  }

  /** What the connection beneath runs on. */
  get runtime(): Runtime | null {
    return this.#lower === null ? null : foundationOf(this.#lower).runtime;
  }

  /** Gives up a connection that has not begun. */
  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    this.#flow?.cancel(reason);
  }

  connectionMade(lower: Transport): void {
    const { accept, begun, ended, ...options } = this.#options();
    const { runtime, depth } = foundationOf(lower);
    this.#lower = lower;
    let wire!: TlsWire;
    let calls!: FlowCalls;
    const flow = new Flow((facts) => (wire = new TlsWire(lower, facts, () => calls)), {
      ...options,
      runtime,
      depth,
      capabilities: capabilitiesOver(lower),
      handshakes: true,
      accept: (peer) => {
        this.#isOpen = true;
        return accept(peer) as Protocol | null;
      },
      transport: (made) => {
        calls = made;
        const upper = new TlsFlowTransport(made, () => wire.session);
        standsOn(upper, lower);
        return upper;
      },
      begun: (error) => begun?.(error, this),
      ended: (reason) => ended?.(reason, this),
    });
    this.#flow = flow;
    this.#wire = wire;
    if (this.#cancelled === null) wire.begin(this.#handshake);
    else flow.cancel(this.#cancelled.reason);
  }

  borrow(data: Bytes): boolean {
    return this.#wire?.lowerReceived(data) === true;
  }

  dataReceived(data: Bytes): void {
    this.borrow(data);
  }

  readConnectionLost(): void {
    this.#wire?.lowerReadEnded();
  }

  writeConnectionLost(): void {
    this.#wire?.lowerSendingEnded();
  }

  connectionLost(reason: CloseReason): void {
    this.#wire?.lowerLost(reason);
  }
}

/** The limits of the transport beneath: time and `writeLimit` act once, and that is above. */
export function limitsBeneath(given: Partial<Limits> = {}): Partial<Limits> {
  const { writeHigh: _, writeLow: __, ...limits } = given;
  return { ...limits, ...OFF };
}

export const OFF: Pick<Limits, "idleMs" | "stallMs" | "halfOpenIdleMs" | "writeLimit"> = {
  idleMs: Infinity,
  stallMs: Infinity,
  halfOpenIdleMs: Infinity,
  writeLimit: Infinity,
};

/** What a bare connection can, and an encrypted one cannot. */
const OF_THE_SOCKET: readonly Capability[] = ["descriptors", "detach"];

/** The end mark ends one direction over any transport; the rest is as beneath. */
function capabilitiesOver({ capabilities }: Transport): ReadonlySet<Capability> {
  const own = new Set<Capability>([...capabilities, "halfClose", "endMark"]);
  for (const word of OF_THE_SOCKET) own.delete(word);
  return own;
}
