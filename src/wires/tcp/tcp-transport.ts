import type { Socket } from "node:net";
import type { TcpAddress, TcpTransport } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { SocketFlowTransport } from "../_drivers/portable/socket-transport.ts";

/** What a fresh connection has; `keepAliveDelayMs` is also for when probes are turned on later. */
export interface TcpSettings {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveDelayMs: number;
}

/** A flow's transport with the two switches of TCP. Node tells neither, so they are remembered. */
export class TcpFlowTransport extends SocketFlowTransport implements TcpTransport {
  readonly #keepAliveDelayMs: number;
  #hasNoDelay = false;
  #isKeptAlive = false;

  constructor(flow: FlowCalls, socket: Socket, settings: TcpSettings) {
    super(flow, socket);
    this.#keepAliveDelayMs = settings.keepAliveDelayMs;
    if (settings.noDelay) this.setTcpNoDelay(true);
    if (settings.keepAlive) this.setTcpKeepAlive(true);
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
    if (this.socket.destroyed) return;
    this.#hasNoDelay = enabled;
    this.socket.setNoDelay(enabled);
  }

  getTcpKeepAlive(): boolean {
    return this.#isKeptAlive;
  }

  setTcpKeepAlive(enabled: boolean): void {
    checkBoolean("setTcpKeepAlive", enabled);
    if (this.socket.destroyed) return;
    this.#isKeptAlive = enabled;
    this.socket.setKeepAlive(enabled, this.#keepAliveDelayMs);
  }
}

function checkBoolean(method: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`${method}() takes true or false, not ${String(value)}`);
}
