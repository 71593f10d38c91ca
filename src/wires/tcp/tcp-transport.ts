import type { Detached, Protocol, TcpAddress, TcpTransport } from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { takeOver } from "../../flow/index.ts";
import type { SocketWire, TcpSettings } from "../_drivers/raw-socket.ts";
import { SocketFlowTransport } from "../_drivers/socket-transport.ts";
import { Detaching } from "./detaching.ts";

/** A flow's transport with the two switches of TCP, as they were set last. */
export class TcpFlowTransport extends SocketFlowTransport implements TcpTransport {
  readonly #flow: FlowCalls;
  readonly #keepAliveDelayMs: number;
  #hasNoDelay: boolean;
  #isKeptAlive: boolean;

  /** @param settings what the connection was made with. */
  constructor(flow: FlowCalls, wire: SocketWire, settings: TcpSettings) {
    super(flow, wire);
    this.#flow = flow;
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
    if (!this.capabilities.has("detach") || this.wire.detach === undefined) {
      const why = "the portable driver cannot (capability detach is absent)";
      throw new UnsupportedError("give the connection away", why, { address: this.getHost() });
    }
    const detaching = new Detaching(this.#flow, this.wire);
    takeOver(this, detaching as Protocol);
    return detaching.detached;
  }

  getTcpNoDelay(): boolean {
    return this.#hasNoDelay;
  }

  setTcpNoDelay(enabled: boolean): void {
    checkBoolean("setTcpNoDelay", enabled);
    if (this.wire.setNoDelay(enabled)) this.#hasNoDelay = enabled;
  }

  getTcpKeepAlive(): boolean {
    return this.#isKeptAlive;
  }

  setTcpKeepAlive(enabled: boolean): void {
    checkBoolean("setTcpKeepAlive", enabled);
    if (this.wire.setKeepAlive(enabled, this.#keepAliveDelayMs)) this.#isKeptAlive = enabled;
  }
}

function checkBoolean(method: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`${method}() takes true or false, not ${String(value)}`);
}
