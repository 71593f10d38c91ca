import type { Protocol, Transport } from "../../src/contract/index.ts";
import { isAbortable } from "../../src/contract/index.ts";
import { observe } from "../../src/flow/index.ts";

/** A protocol passed on as it is, and its connection, to hand out and to let go. */
export class Held {
  readonly protocol: Protocol;
  readonly #lost: Promise<void>;
  #transport: Transport | null = null;

  constructor(protocol: Protocol) {
    const { readConnectionLost, writeConnectionLost } = protocol;
    let tellLost!: () => void;
    this.#lost = new Promise((resolve) => (tellLost = resolve));
    this.protocol = {
      connectionMade: (transport) => {
        this.#transport = transport;
        observe(transport, { ended: tellLost });
        return protocol.connectionMade(transport);
      },
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
