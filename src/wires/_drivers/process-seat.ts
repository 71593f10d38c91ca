import type {
  CloseReason,
  OnError,
  ProcessProtocol,
  ProcessStatus,
  ProcessTransport,
  Protocol,
} from "../../contract/index.ts";
import { guard } from "../../flow/index.ts";

type Hook = (protocol: ProcessProtocol) => void;

/**
 * Where the protocol of a process sits, for what flow does not know: the hooks. What happens before
 * a protocol has its connection waits for that.
 */
export class ProcessSeat {
  readonly #mainFds: readonly number[];
  readonly #onError: OnError;
  #protocol: ProcessProtocol | null = null;
  #waiting: Hook[] = [];
  #told: Set<number> = new Set();
  /** Throws of hooks end the connection. */
  fail: (thrown: unknown) => void = () => undefined;
  /** Set when it is known. */
  status: ProcessStatus | null = null;

  /** @param fds what each descriptor of the child is: `"r"` and `"w"` are told of. */
  constructor(fds: Readonly<Record<number, unknown>>, onError: OnError) {
    this.#mainFds = [0, 1].filter((fd) => fds[fd] === "w" || fds[fd] === "r");
    this.#onError = onError;
  }

  /** `protocol` as flow is to have it: told what flow tells, and the hooks where they belong. */
  adapt(protocol: Protocol<ProcessTransport>): Protocol<ProcessTransport> {
    const { readConnectionLost } = protocol;
    return {
      connectionMade: (transport) => {
        this.#protocol = protocol;
        const answer = protocol.connectionMade(transport);
        for (const hook of this.#waiting.splice(0)) this.tell(hook);
        return answer;
      },
      dataReceived: (data) => protocol.dataReceived(data),
      ...(readConnectionLost !== undefined && {
        readConnectionLost: () => {
          const answer = readConnectionLost.call(protocol);
          this.#lost(1);
          return answer;
        },
      }),
      writeConnectionLost: () => {
        const answer = protocol.writeConnectionLost?.();
        this.#lost(0);
        return answer;
      },
      connectionLost: (reason) => this.#ended(protocol, reason) as undefined,
    };
  }

  /** The protocol is told nothing more; hooks wait for the next one. */
  leave(): void {
    this.#protocol = null;
  }

  tell(hook: Hook): void {
    const protocol = this.#protocol;
    if (protocol === null) this.#waiting.push(hook);
    else guard(() => hook(protocol), this.fail);
  }

  #lost(childFD: number): void {
    if (this.#told.has(childFD) || !this.#mainFds.includes(childFD)) return;
    this.#told.add(childFD);
    this.tell((protocol) => protocol.childConnectionLost?.(childFD));
  }

  #ended(protocol: ProcessProtocol, reason: CloseReason): unknown {
    this.fail = (error) => this.#onError(error, { during: "processEnded" });
    this.#protocol = protocol;
    for (const childFD of this.#mainFds) this.#lost(childFD);
    const { status } = this;
    if (status !== null) this.tell((told) => told.processEnded?.(status));
    return protocol.connectionLost(reason);
  }
}
