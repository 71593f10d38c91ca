import type {
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  Ledger,
  Limits,
  Observer,
  OnError,
  Protocol,
  PullProducer,
  PushProducer,
  Runtime,
  Transport,
} from "../contract/index.ts";
import type { Rider } from "./riders.ts";
import type { Shortened } from "./shorten.ts";

/** What a transport passes on to its flow, arguments checked. */
export interface FlowCalls {
  readonly host: Address;
  readonly peer: Address;
  readonly capabilities: ReadonlySet<Capability>;
  readonly ledger: Ledger;
  readonly limits: Limits;
  /** A close was asked, by the protocol or on its behalf. */
  readonly isLosing: boolean;
  readonly runtime: Runtime;
  readonly onError: OnError;
  /** How many layers lie beneath. */
  readonly depth: number;
  /** Who is told of the connection now, if anybody. */
  readonly protocol: Protocol | null;
  /** @param chunk not empty. */
  write(chunk: Bytes): void;
  /** @param size the bytes in `chunks` together, more than 0. */
  writeAll(chunks: readonly Bytes[], size: number): void;
  /** Queues what is to leave with a byte; false when nothing more is sent. */
  ride(rider: Rider): boolean;
  loseConnection(): void;
  loseWriteConnection(): void;
  abortConnection(): void;
  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void;
  unregisterProducer(): void;
  pauseReading(): void;
  resumeReading(): void;
  /**
   * Tells `told` once, when all that is queued now was sent, or is lost; at once where that is
   * known.
   */
  whenSent(told: (wasSent: boolean) => void): void;
  /**
   * As `whenSent`, of a connection that nobody is left to act on: nothing is read meanwhile, so
   * that its peer cannot grow memory, and a stall counts as it does while closing. What was held
   * back is delivered in the turn that follows, ahead of what `told` puts there.
   */
  comeToRest(told: (wasSent: boolean) => void): void;
  /** @param transport what `next` is to hold. */
  switchProtocol(next: Protocol, early: Bytes | undefined, transport: Transport): void;
  setLimits(limits: Partial<ConnectionLimits>): void;
  observe(observer: Observer): Disposable;
  /** What the protocol is told here it only writes to `sink`. */
  shortenTo(sink: FlowCalls): Shortened | null;
}
