import type {
  Clock,
  EndpointOptions,
  MemoryAddress,
  Protocol,
  WireErrorCode,
} from "../contract/index.ts";
import { ConnectError, resolveLimits, WireError } from "../contract/index.ts";

/** One `connect` of a memory network, from the call until `connectionMade` or a failure. */
export class MemoryAttempt {
  readonly name: string;
  readonly protocol: Protocol;
  readonly options: EndpointOptions;
  /** Resolves when `connectionMade` has returned. */
  readonly done: Promise<void>;
  #settled: ((error: unknown) => void) | null = null;

  /** @throws {RangeError} when a limit is wrong; the signal's reason when it is aborted already. */
  constructor(name: string, protocol: Protocol, options: EndpointOptions, clock: Clock) {
    const { signal } = options;
    signal?.throwIfAborted();
    this.name = name;
    this.protocol = protocol;
    this.options = options;
    const { connectTimeoutMs } = resolveLimits(options.limits);
    const timer = clock.after(connectTimeoutMs, () => {
      this.#fail("ERR_WIRE_TIMEOUT", `not accepted within ${connectTimeoutMs} ms`);
    });
    const aborted = (): void => this.settle(signal?.reason);
    signal?.addEventListener("abort", aborted);
    this.done = new Promise((resolve, reject) => {
      this.#settled = (error) => {
        timer[Symbol.dispose]();
        signal?.removeEventListener("abort", aborted);
        if (error === undefined) resolve();
        else reject(error);
      };
    });
  }

  get isSettled(): boolean {
    return this.#settled === null;
  }

  /** It is made, or failed with `error`; the first call counts. */
  settle(error?: unknown): void {
    const settled = this.#settled;
    this.#settled = null;
    settled?.(error);
  }

  refuse(why: string): void {
    this.#fail("ERR_WIRE_REFUSED", why);
  }

  #fail(code: WireErrorCode, why: string): void {
    const address: MemoryAddress = { kind: "memory", name: this.name };
    const target = `memory://${this.name}`;
    const error = new WireError(code, `Cannot reach ${target}: ${why}`, { address });
    this.settle(new ConnectError(code, target, why, [{ address, error }]));
  }
}
