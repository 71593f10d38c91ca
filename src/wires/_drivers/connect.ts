import type {
  Address,
  Capability,
  EndpointOptions,
  FailedAttempt,
  Protocol,
  WireErrorCode,
} from "../../contract/index.ts";
import { ConnectError, resolveLimits, WireError } from "../../contract/index.ts";
import type { FlowOptions } from "../../flow/index.ts";
import { checkProtocol, systemRuntime } from "../../flow/index.ts";
import { meaningForConnect } from "./errno.ts";
import { openWire } from "./open-wire.ts";
import type { Ends, RawSocket } from "./raw-socket.ts";

/** Makes the transport of one connection. */
export type MakeTransport = NonNullable<FlowOptions["transport"]>;

export interface Dialling {
  /** What to connect to, as a person writes it. */
  readonly target: string;
  /** Filled by `dial`, through `AttemptLog.track`. */
  readonly attempts: AttemptLog;
  /** Makes a connected socket; stops, and leaves nothing, when `signal` aborts. */
  readonly dial: (signal: AbortSignal) => Promise<RawSocket>;
  /** The ends of a connection that was lost the moment it was made. */
  readonly goneEnds: () => Ends;
  readonly capabilities: ReadonlySet<Capability>;
  readonly transport: MakeTransport;
}

/**
 * Makes one connection, and resolves to `protocol` when its `connectionMade` has returned.
 *
 * `connectTimeoutMs` covers everything up to there, and so does the signal.
 *
 * @throws {ConnectError} listing every attempt.
 * @throws the signal's reason.
 */
export async function connectSocket<P extends Protocol>(
  dialling: Dialling,
  protocol: P,
  options: EndpointOptions = {},
): Promise<P> {
  checkProtocol(protocol);
  const limits = resolveLimits(options.limits);
  const { signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const stopForCaller = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", stopForCaller, { once: true });
  const { clock } = systemRuntime();
  const outOfTime = (): void => stop.abort(timeout(limits.connectTimeoutMs));
  const timer =
    limits.connectTimeoutMs < Infinity ? clock.after(limits.connectTimeoutMs, outOfTime) : null;
  try {
    const socket = await dialling.dial(stop.signal);
    if (stop.signal.aborted) {
      socket.discard();
      throw stop.signal.reason;
    }
    await new Promise<void>((resolve, reject) => {
      const ends = socket.ends ?? dialling.goneEnds();
      openWire((facts) => socket.wire(facts, ends), options, {
        capabilities: dialling.capabilities,
        accept: () => protocol,
        limits,
        begun: (error) => (error === undefined ? resolve() : reject(error)),
        transport: dialling.transport,
      });
    });
    return protocol;
  } catch (error) {
    signal?.throwIfAborted();
    throw stop.signal.aborted
      ? dialling.attempts.error(dialling.target, explain(stop.signal.reason))
      : error;
  } finally {
    timer?.[Symbol.dispose]();
    signal?.removeEventListener("abort", stopForCaller);
  }
}

/** The attempts of one `connect`, in the order in which they began. */
export class AttemptLog {
  readonly #attempts: { readonly address: Address; error?: Error }[] = [];

  /** Runs one attempt, and keeps how it failed. */
  async track<R>(address: Address, attempt: () => Promise<R>): Promise<R> {
    const entry: { readonly address: Address; error?: Error } = { address };
    this.#attempts.push(entry);
    try {
      return await attempt();
    } catch (thrown) {
      entry.error = explain(thrown, address);
      throw thrown;
    }
  }

  get failed(): readonly FailedAttempt[] {
    return this.#attempts.flatMap(({ address, error }) =>
      error === undefined ? [] : [{ address, error }],
    );
  }

  /** What `connect` rejects with; `cause` where it is not the first attempt's. */
  error(target: string, cause?: WireError): ConnectError {
    const attempts = this.failed;
    const told = cause ?? mostTelling(attempts);
    return new ConnectError(
      told?.code ?? "ERR_WIRE_BROKEN",
      target,
      told?.message ?? "nothing was tried",
      attempts,
      cause === undefined ? {} : { cause: cause.cause ?? cause },
    );
  }
}

/** What `thrown` means, as an error whose message continues "Cannot connect to …:". */
function explain(thrown: unknown, address?: Address): WireError {
  if (thrown instanceof WireError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, why } = meaningForConnect(error);
  return new WireError(code, why, { cause: error, ...(address && { address }) });
}

/** A server that refused tells more than a family without a route. */
function mostTelling(attempts: readonly FailedAttempt[]): WireError | undefined {
  const errors = attempts.flatMap(({ error }) => (error instanceof WireError ? [error] : []));
  for (const code of TELLING) {
    const found = errors.find((error) => error.code === code);
    if (found !== undefined) return found;
  }
  return errors[0];
}

const TELLING: readonly WireErrorCode[] = [
  "ERR_WIRE_REFUSED",
  "ERR_WIRE_PERMISSION",
  "ERR_WIRE_TIMEOUT",
];

function timeout(afterMs: number): WireError {
  return new WireError("ERR_WIRE_TIMEOUT", `nothing came of it within ${afterMs} ms`);
}
