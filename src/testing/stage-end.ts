import type {
  Bytes,
  CloseReason,
  DescriptorReceiver,
  Protocol,
  Transport,
} from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";

/** What one end of a case does when it is called; everything is recorded in any case. */
export interface Role {
  /** Whether it has `readConnectionLost`, so that the peer's end leaves its direction open. */
  readonly halfOpen?: boolean;
  /** Its `connectionMade` pauses reading first of all. */
  readonly paused?: boolean;
  readonly made?: (transport: Transport, end: StageEnd) => void;
  readonly data?: (data: Bytes, end: StageEnd) => void;
  readonly readLost?: (end: StageEnd) => void;
  readonly writeLost?: (end: StageEnd) => void;
  readonly lost?: (reason: CloseReason, end: StageEnd) => void;
  /** Takes the descriptors that come; without it nobody does. */
  readonly descriptor?: (fd: number, end: StageEnd) => void;
}

/** One call a protocol got, in the order they came. */
export type Call = "made" | "data" | "readLost" | "writeLost" | "lost";

/** One end of a connection in a case: a protocol that plays its role and remembers everything. */
export class StageEnd {
  /** The very chunks delivered: kept, not copied. */
  readonly chunks: Bytes[] = [];
  readonly calls: Call[] = [];
  readonly reasons: CloseReason[] = [];
  /** Calls that came while one of the connection's own methods ran. */
  readonly reentered: string[] = [];
  readonly protocol: Protocol;
  byteCount = 0;
  #transport: Transport | null = null;
  #inside: string | null = null;
  readonly #counts = { made: 0, data: 0, readLost: 0, writeLost: 0, lost: 0 };

  constructor(role: Role = {}) {
    this.protocol = {
      connectionMade: (transport) => {
        this.#note("made");
        this.#transport = transport;
        if (role.paused === true) transport.pauseProducing();
        return role.made?.(transport, this);
      },
      dataReceived: (data) => {
        this.#note("data");
        this.chunks.push(data);
        this.byteCount += data.byteLength;
        return role.data?.(data, this);
      },
      connectionLost: (reason) => {
        this.#note("lost");
        this.reasons.push(reason);
        return role.lost?.(reason, this);
      },
      writeConnectionLost: () => {
        this.#note("writeLost");
        return role.writeLost?.(this);
      },
      ...(role.halfOpen === true
        ? {
            readConnectionLost: () => {
              this.#note("readLost");
              return role.readLost?.(this);
            },
          }
        : {}),
      ...takingDescriptors(role, this),
    };
  }

  /** What `connectionMade` gave, or what the pair says its end is. */
  get transport(): Transport {
    if (this.#transport === null) throw new Error("the connection was never made");
    return this.#transport;
  }

  /** The pair's own word for this end, for one whose protocol was never told. */
  adopt(transport: Transport): void {
    this.#transport ??= transport;
  }

  get isLost(): boolean {
    return this.reasons.length > 0;
  }

  /** How often it was called so. */
  count(call: Call): number {
    return this.#counts[call];
  }

  /** Runs `action`, the method called `name`, and notes whatever is called meanwhile. */
  inside(name: string, action: () => void): void {
    this.#inside = name;
    try {
      action();
    } finally {
      this.#inside = null;
    }
  }

  /**
   * Ends the connection however it stands; for when the case is over. Never throws: what a wire
   * does
   * wrong here must not hide what it did wrong before.
   */
  letGo(): void {
    const transport = this.#transport;
    if (transport === null || this.isLost) return;
    try {
      if (isAbortable(transport)) transport.abortConnection();
      else transport.loseConnection();
    } catch {
      return;
    }
  }

  #note(call: Call): void {
    this.calls.push(call);
    this.#counts[call]++;
    if (this.#inside !== null) this.reentered.push(`${call} inside ${this.#inside}`);
  }
}

function takingDescriptors(
  { descriptor }: Role,
  end: StageEnd,
): Pick<DescriptorReceiver, "fileDescriptorReceived"> {
  if (descriptor === undefined) return {};
  return { fileDescriptorReceived: (fd) => descriptor(fd, end) };
}

/** Runs `action` as a call of both ends, so that neither may be called meanwhile. */
export function insideBoth(
  ends: { readonly near: StageEnd; readonly far: StageEnd },
  name: string,
  action: () => void,
): void {
  ends.near.inside(name, () => ends.far.inside(name, action));
}
