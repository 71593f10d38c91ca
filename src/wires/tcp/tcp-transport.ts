import type { Detached, Protocol, TcpAddress, TcpTransport } from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { FlowTransport, takeOver } from "../../flow/index.ts";
import type { RawSocket, TcpSettings } from "../_drivers/raw-socket.ts";
import { Detaching } from "./detaching.ts";

/** A flow's transport with the two switches of TCP, as they were set last. */
export class TcpFlowTransport extends FlowTransport implements TcpTransport {
  readonly #flow: FlowCalls;
  readonly #socket: RawSocket;
  readonly #keepAliveDelayMs: number;
  #hasNoDelay: boolean;
  #isKeptAlive: boolean;

  /** @param settings what the socket was made with. */
  constructor(flow: FlowCalls, socket: RawSocket, settings: TcpSettings) {
    super(flow);
    this.#flow = flow;
    this.#socket = socket;
    this.#keepAliveDelayMs = settings.keepAliveDelayMs;
    this.#hasNoDelay = settings.noDelay;
    this.#isKeptAlive = settings.keepAlive;
  }

  override getPeer(): TcpAddress {
    return super.getPeer() as TcpAddress;
  }

  override getHost(): TcpAddress {
    return super.getHost() as TcpAddress;
  }

  async detach(): Promise<Detached> {
    if (!this.capabilities.has("detach") || this.#socket.detach === undefined) {
      const why = "the portable driver cannot (capability detach is absent)";
      throw new UnsupportedError("give the connection away", why, { address: this.getHost() });
    }
    const detaching = new Detaching(this.#flow, this.#socket);
    takeOver(this, detaching as Protocol);
    return detaching.detached;
  }

  getTcpNoDelay(): boolean {
    return this.#hasNoDelay;
  }

  setTcpNoDelay(enabled: boolean): void {
    checkBoolean("setTcpNoDelay", enabled);
    if (this.#socket.setNoDelay(enabled)) this.#hasNoDelay = enabled;
  }

  getTcpKeepAlive(): boolean {
    return this.#isKeptAlive;
  }

  setTcpKeepAlive(enabled: boolean): void {
    checkBoolean("setTcpKeepAlive", enabled);
    if (this.#socket.setKeepAlive(enabled, this.#keepAliveDelayMs)) this.#isKeptAlive = enabled;
  }
}

function checkBoolean(method: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`${method}() takes true or false, not ${String(value)}`);
}
