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
  /** The endpoint's, until one of them is set. */
  #settings: TcpSettings;

  /** @param settings what the connection was made with. */
  constructor(flow: FlowCalls, wire: SocketWire, settings: TcpSettings) {
    super(flow, wire);
    this.#flow = flow;
    this.#settings = settings;
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
    return this.#settings.noDelay;
  }

  setTcpNoDelay(enabled: boolean): void {
    checkBoolean("setTcpNoDelay", enabled);
    if (this.wire.setNoDelay(enabled)) this.#settings = { ...this.#settings, noDelay: enabled };
  }

  getTcpKeepAlive(): boolean {
    return this.#settings.keepAlive;
  }

  setTcpKeepAlive(enabled: boolean): void {
    checkBoolean("setTcpKeepAlive", enabled);
    const settings = this.#settings;
    if (!this.wire.setKeepAlive(enabled, settings.keepAliveDelayMs)) return;
    this.#settings = { ...settings, keepAlive: enabled };
  }
}

function checkBoolean(method: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`${method}() takes true or false, not ${String(value)}`);
}
