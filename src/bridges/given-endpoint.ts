import type {
  Address,
  Capability,
  ClientEndpoint,
  EndpointOptions,
  Protocol,
} from "../contract/index.ts";
import { BusyError, resolveLimits } from "../contract/index.ts";
import type { Facts, Wire } from "../flow/index.ts";
import { checkProtocol, Flow } from "../flow/index.ts";

/** What a stream cannot tell of itself. */
export interface GivenOptions {
  /** Our end. Default: `{ kind: "stream", name: "this end" }`. */
  readonly host?: Address;
  /** The other end. Default: `{ kind: "stream", name: "the other end" }`. */
  readonly peer?: Address;
  /** What the stream can do, for who knows better than the default. */
  readonly capabilities?: Iterable<Capability>;
}

/** A wire that says itself when it is there. */
export interface GivenWire extends Wire {
  open(): void;
}

export interface Given {
  readonly capabilities: ReadonlySet<Capability>;
  /** Takes the stream. @throws {WireError} when it cannot be had any more. */
  readonly take: (facts: Facts) => GivenWire;
}

/** The ends of a connection whose stream knows none. */
export function endsOf({ host = THIS_END, peer = OTHER_END }: GivenOptions): {
  readonly host: Address;
  readonly peer: Address;
} {
  return { host, peer };
}

const THIS_END: Address = { kind: "stream", name: "this end" };
const OTHER_END: Address = { kind: "stream", name: "the other end" };

/** An endpoint with one connection in it: that of a stream that somebody has given. */
export class GivenEndpoint implements ClientEndpoint {
  readonly #given: Given;
  #isTaken = false;

  constructor(given: Given) {
    this.#given = given;
  }

  async connect<P extends Protocol>(protocol: P, options: EndpointOptions = {}): Promise<P> {
    checkProtocol(protocol);
    const limits = resolveLimits(options.limits);
    options.signal?.throwIfAborted();
    if (this.#isTaken) {
      throw new BusyError("connect", "the stream is taken; one stream is one connection");
    }
    const { capabilities, take } = this.#given;
    const { observer, onError } = options;
    await new Promise<void>((resolve, reject) => {
      let wire!: GivenWire;
      const makeWire = (facts: Facts): Wire => {
        wire = take(facts);
        return wire;
      };
      new Flow(makeWire, {
        capabilities,
        limits,
        accept: () => protocol,
        begun: (error) => (error === undefined ? resolve() : reject(error)),
        ...(observer && { observer }),
        ...(onError && { onError }),
      });
      this.#isTaken = true;
      wire.open();
    });
    return protocol;
  }
}
