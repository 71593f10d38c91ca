import type {
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  Ledger,
  Limits,
  Observer,
  Protocol,
  PullProducer,
  PushProducer,
  Runtime,
} from "../../contract/index.ts";
import type { MemoryTransport } from "../../memory/index.ts";
import type { PairOptions, Place } from "../wire-under-test.ts";

/** One stated fault, as changes to a wire that is right otherwise. */
export interface Damage {
  /** Changes one end: made anew for each end of each connection. */
  readonly end?: (spot: Spot) => EndDamage;
  readonly options?: (options: PairOptions) => PairOptions;
  readonly runtime?: (runtime: Runtime) => Runtime;
  readonly place?: (place: Place, runtime: Runtime) => Place;
  /** What the wire says that it cannot do. */
  readonly without?: Capability;
}

/** What is changed at one end; whatever is not named stays right. */
export interface EndDamage {
  readonly transport?: Overrides;
  readonly protocol?: Partial<Protocol>;
  readonly observer?: (observer: Observer) => Observer;
}

/** One end of a connection, for its damage to look at and to work with. */
export interface Spot {
  /** The right transport beneath. */
  readonly inner: MemoryTransport;
  /** The right protocol above. */
  readonly base: Protocol;
  readonly other: Spot;
  readonly limits: Partial<Limits>;
  readonly runtime: Runtime;
  /** `connectionMade` is running. */
  readonly isInMade: boolean;
  /** `loseConnection` was called, and has returned. */
  readonly isClosing: boolean;
  /** `loseWriteConnection` was called, and has returned. */
  readonly isHalfClosed: boolean;
  readonly isLost: boolean;
  later(task: () => void): void;
}

/** The methods of a transport, each to be replaced alone. */
export interface Overrides {
  write?(data: Bytes): void;
  writeSequence?(data: Iterable<Bytes>): void;
  loseConnection?(): void;
  loseWriteConnection?(): void;
  abortConnection?(): void;
  registerProducer?(producer: PushProducer, streaming: boolean): void;
  unregisterProducer?(): void;
  pauseProducing?(): void;
  resumeProducing?(): void;
  flushed?(): Promise<void>;
  switchProtocol?(next: Protocol, early?: Bytes): void;
  setLimits?(limits: Partial<ConnectionLimits>): void;
  getHost?(): Address;
  getPeer?(): Address;
  readonly ledger?: Ledger;
  readonly capabilities?: ReadonlySet<Capability>;
}

/** Registers a producer as what it is; the two overloads meet here. */
export function registerWith(
  transport: MemoryTransport,
  producer: PullProducer,
  streaming: boolean,
): void {
  transport.registerProducer(producer as PushProducer, streaming as true);
}

/** A producer that passes everything on, but for what is replaced. */
export function changedProducer(
  producer: PushProducer,
  changes: Partial<PushProducer>,
): PushProducer {
  return {
    pauseProducing: () => producer.pauseProducing(),
    resumeProducing: () => producer.resumeProducing(),
    stopProducing: () => producer.stopProducing(),
    ...changes,
  };
}

/** An observer that passes everything on, but for what is replaced. */
export function changedObserver(observer: Observer, changes: Partial<Observer>): Observer {
  return {
    opened: (opening) => observer.opened?.(opening),
    bytes: (direction, data) => observer.bytes?.(direction, data),
    counted: (direction, byteCount) => observer.counted?.(direction, byteCount),
    paused: (direction) => observer.paused?.(direction),
    resumed: (direction) => observer.resumed?.(direction),
    ended: (reason) => observer.ended?.(reason),
    ...changes,
  };
}
