import { nextTick } from "node:process";
import type { Address, CloseReason, TcpAddress, Transport } from "../contract/index.ts";
import { Deadlines } from "../flow/deadlines.ts";
import { beneath, systemRuntime } from "../flow/index.ts";
import { cut } from "./cut.ts";
import { idleClock } from "./node-idle-clock.ts";
import { dialError, socketError } from "./node-socket-error.ts";
import { TransportDuplex } from "./node-transport-duplex.ts";
import type { Switchable } from "./take-over.ts";
import { takeOver } from "./take-over.ts";

export interface NetSocketOptions {
  /**
   * Whether the stream may go on writing after the peer's end. Default false, as for `net.Socket`:
   * clients of databases count on it. Give true to servers, as Node's own HTTP server does.
   */
  readonly allowHalfOpen?: boolean;
}

/** What `net.Socket.address()` gives; empty where there is no TCP. */
export interface SocketAddress {
  readonly address?: string;
  readonly port?: number;
  readonly family?: string;
}

/**
 * A stream on a transport, or on a `Connection`, that passes for a `net.Socket`: for `pg`
 * (`stream`), `ioredis` (`Connector`), `mysql2` (`stream`), `ws`, `node:http` and `node:http2`
 * (`createConnection`; `server.emit("connection", socket)`), and beneath `tls.connect({ socket })`.
 *
 * Pools and agents want a socket before there is a connection: give the promise of one, as in
 * `toNetSocket(connect(tcp({ port })))`. What is written waits for it. When it rejects, the socket
 * fails with that error, under the system's code: ECONNREFUSED, ENOTFOUND, ETIMEDOUT, EACCES. A
 * socket that is destroyed before then closes at once, and cuts the connection when it comes.
 *
 * All that {@link toNodeDuplex} promises, and what those libraries look for:
 *
 * - It connects in a later turn: `connecting`, then `connect` and `ready`. `connect(…)` dials
 *   nothing, whatever it is given: it tells the same two events, again if need be.
 * - Addresses, of TCP only, also beneath layers: elsewhere `undefined`, and `address()` is `{}`.
 * - `bytesRead`, `bytesWritten` (what was sent), `readyState`, `pending`, `timeout`.
 * - `setTimeout`: `timeout` after so long without a byte either way; it only tells, and does not
 *   keep the process.
 * - `setNoDelay`, `setKeepAlive` where the transport, or one beneath it, has them; so `ref` and
 *   `unref`, which TCP and UNIX sockets have. Elsewhere they do nothing.
 * - `destroy()` closes in order when the transport has taken all that was written, as a
 *   `net.Socket` does when the system has; what is not sent after a second is cut off. With more
 *   waiting it cuts at once. With an error it cuts, but for what the transport has taken, as above:
 *   the last words of an HTTP server before it hangs up. `destroySoon()` sends all that waits.
 *   `resetAndDestroy()` cuts.
 * - `close` tells whether there was an error. Errors have the system's codes: ECONNRESET,
 *   ETIMEDOUT, EPIPE, ECONNABORTED, EPROTO, or that of the system's own error; `reason` is the
 *   whole reason.
 *
 * **Not promised:** `instanceof net.Socket`; TCP options that a transport has not, and the delay of
 * `setKeepAlive`; `errno` and `syscall` of errors; `server.getConnections` counts it not; passing
 * it to a child process.
 *
 * @throws {TypeError} when `source` is neither a transport, a Connection nor a promise. What a
 *   promise gives is looked at later: the socket fails then.
 * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
 */
export function toNetSocket(
  source: Switchable | PromiseLike<Switchable>,
  options: NetSocketOptions = {},
): TransportSocket {
  const socket = new TransportSocket(options.allowHalfOpen ?? false);
  if (isPromise(source)) socket.waitFor(source);
  else socket.standOn(source);
  return socket;
}

/** What {@link toNetSocket} gives. */
export class TransportSocket extends TransportDuplex {
  bytesRead = 0;
  bytesWritten = 0;
  /** After how many milliseconds of silence `timeout` is told; 0 is never. */
  timeout = 0;
  readonly #silence: Deadlines<"silence">;
  #transport: Transport | null = null;
  #host: TcpAddress | null = null;
  #peer: TcpAddress | null = null;
  #isConnecting = true;
  #isDialling = false;
  #isReset = false;

  constructor(allowHalfOpen: boolean) {
    super({ allowHalfOpen });
    this.#silence = new Deadlines(idleClock, {
      deadlinePassed: () => this.emit("timeout"),
    });
  }

  get connecting(): boolean {
    return this.#isConnecting && !this.destroyed;
  }

  get pending(): boolean {
    return this.#isConnecting;
  }

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get remoteAddress(): string | undefined {
    return this.#peer?.host;
  }

  get remotePort(): number | undefined {
    return this.#peer?.port;
  }

  get remoteFamily(): string | undefined {
    return this.#peer === null ? undefined : `IPv${this.#peer.family}`;
  }

  get localAddress(): string | undefined {
    return this.#host?.host;
  }

  get localPort(): number | undefined {
    return this.#host?.port;
  }

  get localFamily(): string | undefined {
    return this.#host === null ? undefined : `IPv${this.#host.family}`;
  }

  address(): SocketAddress {
    if (this.#host === null) return {};
    const { host: address, port, family } = this.#host;
    return { address, port, family: `IPv${family}` };
  }

  /** Dials nothing. The last argument, if it is a function, is told of `connect`. */
  connect(...args: readonly unknown[]): this {
    const told = args.at(-1);
    if (typeof told === "function") this.once("connect", () => void told());
    if (!this.#isConnecting) this.#tellConnected();
    return this;
  }

  setTimeout(timeoutMs: number, told?: () => void): this {
    if (!(timeoutMs >= 0 && timeoutMs < Infinity)) {
      throw new RangeError(`Cannot set a timeout of ${timeoutMs} ms: give a number of at least 0`);
    }
    this.timeout = timeoutMs;
    this.#silence.set("silence", timeoutMs === 0 || this.destroyed ? Infinity : timeoutMs);
    if (told !== undefined) {
      if (timeoutMs === 0) this.removeListener("timeout", told);
      else this.once("timeout", told);
    }
    return this;
  }

  setNoDelay(isOn = true): this {
    return this.#ask("setTcpNoDelay", Boolean(isOn));
  }

  setKeepAlive(isOn = false, _delayMs?: number): this {
    return this.#ask("setTcpKeepAlive", Boolean(isOn));
  }

  ref(): this {
    return this.#ask("ref");
  }

  unref(): this {
    return this.#ask("unref");
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  resetAndDestroy(): this {
    this.#isReset = true;
    if (this.destroyed && this.#transport !== null) cut(this.#transport);
    return this.destroy();
  }

  /** Becomes the stream of `source`, whose addresses are known from now on. */
  standOn(source: Switchable): void {
    const refusal = takeOver("toNetSocket", source, this.protocol);
    if (refusal === null) this.#know(transportOf(source));
    else this.refuse(refusal);
  }

  /** Takes what is dialled elsewhere, unless it is destroyed before. */
  waitFor(dialled: PromiseLike<Switchable>): void {
    this.#isDialling = true;
    dialled.then(
      (source) => {
        if (this.destroyed) return cut(transportOf(source));
        this.#isDialling = false;
        try {
          this.standOn(source);
        } catch (error) {
          this.refuse(error as Error);
        }
      },
      (error: unknown) => this.refuse(dialError(error)),
    );
  }

  override destroy(error?: Error | null): this {
    if (this.#isDialling) this.waitNoMore();
    return super.destroy(error ?? undefined);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "close") {
      this.#silence.clear();
      return super.emit("close", this.errored !== null);
    }
    const wasHeard = super.emit(event, ...args);
    if (event === "end" && !this.allowHalfOpen) this.#endLater();
    return wasHeard;
  }

  protected override made(transport: Transport): void {
    this.#transport = transport;
    this.#know(transport);
    this.#isConnecting = false;
    this.#tellConnected();
  }

  protected override moved(direction: "in" | "out", byteCount: number): void {
    if (direction === "in") this.bytesRead += byteCount;
    else this.bytesWritten += byteCount;
    if (this.timeout > 0 && !this.destroyed) this.#silence.set("silence", this.timeout);
  }

  protected override errorOf(reason: CloseReason | null): Error {
    return socketError(reason);
  }

  protected override get isComplete(): boolean {
    return this.writableLength === 0 && !this.#isReset;
  }

  protected override get keepsLastWords(): boolean {
    return this.writableLength === this.bytesInFlight && this.bytesInFlight > 0 && !this.#isReset;
  }

  #know(transport: Transport): void {
    this.#host = tcpOf(transport.getHost());
    this.#peer = tcpOf(transport.getPeer());
  }

  #tellConnected(): void {
    nextTick(() => {
      if (this.destroyed) return;
      this.emit("connect");
      this.emit("ready");
    });
  }

  /**
   * Our end follows the peer's in a later turn, not at once as a stream's own would: a TLS engine
   * above this has an end mark to write first.
   */
  #endLater(): void {
    this.allowHalfOpen = true;
    systemRuntime().turn.later(() => {
      this.allowHalfOpen = false;
      if (this.writable) this.end();
    });
  }

  /** Asks the first transport that can, from the top of a stack down. */
  #ask(method: "setTcpNoDelay" | "setTcpKeepAlive" | "ref" | "unref", ...args: boolean[]): this {
    const ask = (): void => {
      for (let next = this.#transport; next !== null; next = beneath(next)) {
        const found: unknown = Reflect.get(next, method);
        if (typeof found !== "function") continue;
        found.apply(next, args);
        return;
      }
    };
    if (this.#isConnecting) this.once("connect", ask);
    else ask();
    return this;
  }
}

function isPromise(source: object): source is PromiseLike<Switchable> {
  return source !== null && typeof Reflect.get(Object(source), "then") === "function";
}

function transportOf(source: Switchable): Transport {
  return ("transport" in source ? source.transport : source) as Transport;
}

/** The first TCP address from the top of a stack down. */
function tcpOf(address: Address | undefined): TcpAddress | null {
  if (address === undefined) return null;
  return address.kind === "tcp" ? address : tcpOf(address.via);
}
