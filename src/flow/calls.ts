import type {
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  Ledger,
  Observer,
  Protocol,
  PullProducer,
  PushProducer,
} from "../contract/index.ts";

/** What a transport passes on to its flow, arguments checked. */
export interface FlowCalls {
  readonly host: Address;
  readonly peer: Address;
  readonly capabilities: ReadonlySet<Capability>;
  readonly ledger: Ledger;
  /** @param size the bytes in `chunks` together, more than 0. */
  write(chunks: readonly Bytes[], size: number): void;
  loseConnection(): void;
  loseWriteConnection(): void;
  abortConnection(): void;
  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void;
  unregisterProducer(): void;
  pauseReading(): void;
  resumeReading(): void;
  flushed(): Promise<void>;
  switchProtocol(next: Protocol, early: Bytes | undefined): void;
  setLimits(limits: Partial<ConnectionLimits>): void;
  observe(observer: Observer): Disposable;
}
