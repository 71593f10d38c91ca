import type { TcpAddress, TcpTransport } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import type { SocketWire, TcpSettings } from "../_drivers/raw-socket.ts";
import { SocketFlowTransport } from "../_drivers/socket-transport.ts";

/** A flow's transport with the two switches of TCP, as they were set last. */
export class TcpFlowTransport extends SocketFlowTransport implements TcpTransport {
  readonly #keepAliveDelayMs: number;
  #hasNoDelay: boolean;
  #isKeptAlive: boolean;

  /** @param settings what the connection was made with. */
  constructor(flow: FlowCalls, wire: SocketWire, settings: TcpSettings) {
    super(flow, wire);
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
