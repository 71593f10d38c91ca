import type {
  Bytes,
  CloseReason,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  Transport,
} from "../../src/contract/index.ts";

/** Keeps what it is told; each promise settles when the thing has happened. */
export class RecordingProtocol<T extends Transport = Transport> implements Protocol<T> {
  transport!: T;
  readonly calls: string[] = [];
  readonly chunks: Bytes[] = [];
  readonly made: Promise<T>;
  readonly readEnded: Promise<void>;
  readonly writeEnded: Promise<void>;
  readonly lost: Promise<CloseReason>;
  byteCount = 0;
  #made!: (transport: T) => void;
  #readEnded!: () => void;
  #writeEnded!: () => void;
  #lost!: (reason: CloseReason) => void;
  readonly #waiting: { readonly count: number; readonly tell: () => void }[] = [];

  constructor() {
    this.made = new Promise((resolve) => (this.#made = resolve));
    this.readEnded = new Promise((resolve) => (this.#readEnded = resolve));
    this.writeEnded = new Promise((resolve) => (this.#writeEnded = resolve));
    this.lost = new Promise((resolve) => (this.#lost = resolve));
  }

  connectionMade = (transport: T): void => {
    this.calls.push("made");
    this.transport = transport;
    this.#made(transport);
  };

  dataReceived = (data: Bytes): void => {
    this.calls.push("data");
    this.chunks.push(data);
    this.byteCount += data.byteLength;
    for (const { count, tell } of this.#waiting) if (this.byteCount >= count) tell();
  };

  writeConnectionLost = (): void => {
    this.calls.push("writeLost");
    this.#writeEnded();
  };

  connectionLost = (reason: CloseReason): void => {
    this.calls.push("lost");
    this.#lost(reason);
  };

  /** Resolves when `count` bytes have come in all. */
  received(count: number): Promise<void> {
    if (this.byteCount >= count) return Promise.resolve();
    return new Promise((tell) => void this.#waiting.push({ count, tell }));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  protected tellMade(transport: T): void {
    this.#made(transport);
  }

  protected tellReadEnded(): void {
    this.calls.push("readLost");
    this.#readEnded();
  }
}

/** The same, and it goes on sending after the peer's end. */
export class HalfCloseAware<T extends Transport = Transport> extends RecordingProtocol<T> {
  readConnectionLost = (): void => this.tellReadEnded();
}

/** A connection over a real wire, both ends at hand. */
export interface Pair<P extends Protocol<T>, T extends Transport> extends AsyncDisposable {
  readonly client: P;
  readonly server: P;
  readonly port: ListeningPort;
}

/**
 * Connects `make()` to `make()`; disposing aborts what is left and frees the address.
 *
 * @param endpointTo the endpoint to connect to, once the listener is bound.
 */
export async function pairOver<P extends RecordingProtocol<T>, T extends Transport>(
  listenAt: Endpoint<T>,
  endpointTo: (port: ListeningPort) => Endpoint<T>,
  make: () => P,
  options: EndpointOptions = {},
): Promise<Pair<P, T>> {
  const server = make();
  const port = await listenAt.listen(() => server, options);
  const client = await endpointTo(port).connect(make(), options);
  await server.made;
  return {
    client,
    server,
    port,
    [Symbol.asyncDispose]: async () => {
      for (const { transport, lost } of [client, server]) {
        (transport as unknown as { abortConnection(): void }).abortConnection();
        await lost;
      }
      await port.stopListening();
    },
  };
}

/** Bytes whose order shows: no two windows of four are the same nearby. */
export function patterned(size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0; index < words.length; index++) words[index] = index * 2_654_435_761;
  return new Uint8Array(words.buffer, 0, size);
}
