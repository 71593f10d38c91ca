import type { TcpAddress, TcpTransport } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { FlowTransport } from "../../flow/index.ts";
import type { RawSocket, TcpSettings } from "../_drivers/raw-socket.ts";

/** A flow's transport with the two switches of TCP, as they were set last. */
export class TcpFlowTransport extends FlowTransport implements TcpTransport {
  readonly #socket: RawSocket;
  readonly #keepAliveDelayMs: number;
  #hasNoDelay: boolean;
  #isKeptAlive: boolean;

  /** @param settings what the socket was made with. */
  constructor(flow: FlowCalls, socket: RawSocket, settings: TcpSettings) {
    super(flow);
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
