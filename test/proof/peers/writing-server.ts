import type { CloseReason, Endpoint, Limits, Protocol } from "../../../src/contract/index.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { socketAddressOf } from "../../interop/socket-address.ts";

/** Writes the payload to everyone who connects, closes, and keeps the reasons. */
export class WritingServer implements AsyncDisposable {
  /** Where its listener is bound. */
  readonly at: SocketAddress;
  /** When each connection was over; by the clock of the machine. */
  readonly endedAtMs: readonly number[];
  readonly #stop: () => Promise<void>;
  readonly #reasons: readonly CloseReason[];

  private constructor(
    at: SocketAddress,
    ends: { readonly reasons: readonly CloseReason[]; readonly endedAtMs: readonly number[] },
    stop: () => Promise<void>,
  ) {
    this.at = at;
    this.endedAtMs = ends.endedAtMs;
    this.#reasons = ends.reasons;
    this.#stop = stop;
  }

  static async on(
    endpoint: Endpoint,
    payload: Uint8Array,
    limits: Partial<Limits> = {},
  ): Promise<WritingServer> {
    const reasons: CloseReason[] = [];
    const endedAtMs: number[] = [];
    const factory = (): Protocol => ({
      connectionMade(transport) {
        transport.write(payload);
        transport.loseConnection();
      },
      dataReceived() {},
      connectionLost(reason) {
        reasons.push(reason);
        endedAtMs.push(Date.now());
      },
    });
    const port = await endpoint.listen(factory, { limits });
    const stop = (): Promise<void> => port.stopListening();
    return new WritingServer(socketAddressOf(port.getHost()), { reasons, endedAtMs }, stop);
  }

  /** Resolves when so many connections have ended. */
  async reasons(howMany: number): Promise<readonly CloseReason[]> {
    while (this.#reasons.length < howMany) await new Promise((resolve) => setTimeout(resolve, 5));
    return this.#reasons;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
