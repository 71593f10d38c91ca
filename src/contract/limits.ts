/**
 * Limits of one connection. Times in milliseconds, sizes in bytes; `Infinity` means off.
 *
 * @clause limit.idle limit.idleEitherWay limit.stall limit.halfOpen limit.halfOpenDownload
 * @clause limit.write limit.writeOneLarge close.lingerIdle close.lingerMoves
 * @clause close.lingerTotal close.lingerMax close.stall
 */
export interface ConnectionLimits {
  /** How long the handshakes of layers may take. Reason: ERR_WIRE_HANDSHAKE. */
  readonly handshakeTimeoutMs: number;
  /** How long no byte may move either way. Reason: ERR_WIRE_IDLE. */
  readonly idleMs: number;
  /**
   * How long queued bytes may wait with none sent. Off: 60 s while closing, and in `detach`.
   * Reason: ERR_WIRE_STALL.
   */
  readonly stallMs: number;
  /** While lingering: how long without a byte from the peer. Reason: ERR_WIRE_LINGER. */
  readonly lingerIdleMs: number;
  /** While lingering: how long in all. Reason: ERR_WIRE_LINGER. */
  readonly lingerTotalMs: number;
  /**
   * After the peer's end: how long without a byte sent. `null`: 60 s for a protocol without
   * `readConnectionLost`, off for one with it. Reason: ERR_WIRE_HALF_OPEN.
   */
  readonly halfOpenIdleMs: number | null;
  /** Unread bytes above which the wire is asked to stop reading. */
  readonly readHigh: number;
  /** Unread bytes at or below which it is asked to go on. */
  readonly readLow: number;
  /** Queued bytes above which a push producer is paused. */
  readonly writeHigh: number;
  /** Queued bytes at or below which it is resumed. */
  readonly writeLow: number;
  /**
   * Queued bytes that end the connection, when a write begins above `writeHigh` and leaves more
   * than this. One large write never does. Reason: ERR_WIRE_LIMIT.
   */
  readonly writeLimit: number;
}

/** Limits that endpoints take: those of each connection, and those of connecting and listening. */
export interface Limits extends ConnectionLimits {
  /** How long an attempt to connect may take in all. Rejects with ERR_WIRE_TIMEOUT. */
  readonly connectTimeoutMs: number;
  /** Connections a listener serves at once; beyond it accepting pauses. */
  readonly maxConnections: number;
  /** Connections lingering in this process at once; beyond it the longest lingering is cut. */
  readonly lingerMax: number;
}

/** The defaults, each with its reason in docs/contract.md. */
export const DEFAULT_LIMITS: Limits = {
  connectTimeoutMs: 30_000,
  handshakeTimeoutMs: 30_000,
  idleMs: Infinity,
  stallMs: Infinity,
  lingerIdleMs: 10_000,
  lingerTotalMs: 300_000,
  lingerMax: 1024,
  halfOpenIdleMs: null,
  maxConnections: 10_000,
  readHigh: 256 * 1024,
  readLow: 64 * 1024,
  writeHigh: 1024 * 1024,
  writeLow: 256 * 1024,
  writeLimit: Infinity,
};

/**
 * The defaults with `given` over them, checked.
 *
 * @throws {RangeError} when a name is unknown, a value is not a number of at least 0 (or
 *   `Infinity`),
 *   or a low mark is above its high mark.
 */
export function resolveLimits(given: Partial<Limits> = {}, base: Limits = DEFAULT_LIMITS): Limits {
  const limits = { ...base };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new RangeError(`Cannot set limits: there is no limit called ${JSON.stringify(name)}`);
    }
    if (value === undefined) continue;
    checkLimit(name, value);
    Object.assign(limits, { [name]: value });
  }
  if (limits.readLow > limits.readHigh || limits.writeLow > limits.writeHigh) {
    throw new RangeError("Cannot set limits: a low mark is above its high mark");
  }
  return limits;
}

function checkLimit(name: string, value: unknown): void {
  if (value === null && name === "halfOpenIdleMs") return;
  if (typeof value === "number" && value >= 0) return;
  throw new RangeError(
    `Cannot set limits: ${name} must be a number of at least 0, not ${String(value)}`,
  );
}
