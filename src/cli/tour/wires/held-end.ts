import type { Protocol, Transport } from "../../../contract/index.ts";
import { isAbortable } from "../../../contract/index.ts";
import { observe } from "../../../flow/index.ts";

/** A protocol passed on as it is, and its connection, to hand out and to let go. */
export class HeldEnd {
  readonly protocol: Protocol;
  readonly #lost: Promise<void>;
  #transport: Transport | null = null;

  constructor(protocol: Protocol) {
    let tellLost!: () => void;
    this.#lost = new Promise((resolve) => (tellLost = resolve));
    const connectionMade = (transport: Transport): unknown => {
      this.#transport = transport;
      observe(transport, { ended: tellLost });
      return protocol.connectionMade(transport);
    };
    const { readConnectionLost, writeConnectionLost } = protocol;
    this.protocol = {
      connectionMade,
      dataReceived: (data) => protocol.dataReceived(data),
      connectionLost: (reason) => protocol.connectionLost(reason),
      ...(readConnectionLost && { readConnectionLost: () => readConnectionLost.call(protocol) }),
      ...(writeConnectionLost && { writeConnectionLost: () => writeConnectionLost.call(protocol) }),
    };
  }

  get isMade(): boolean {
    return this.#transport !== null;
  }

  get transport(): Transport {
    if (this.#transport === null) throw new Error("the connection was not made");
    return this.#transport;
  }

  /** Cuts it, and waits until it is over. */
  async letGo(): Promise<void> {
    if (this.#transport === null) return;
    if (isAbortable(this.#transport)) this.#transport.abortConnection();
    await this.#lost;
  }
}
