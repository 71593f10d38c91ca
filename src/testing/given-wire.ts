import type { Capability, ClientEndpoint, Protocol, Transport } from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import { settleByTurns } from "./settle.ts";
import type { WireUnderTest } from "./wire-under-test.ts";

/**
 * A wire under test from pairs of endpoints that hold the two ends of one connection: left, then
 * right. `join` is called for every pair.
 */
export function givenWire(
  name: string,
  capabilities: Iterable<Capability>,
  join: () => Promise<readonly ClientEndpoint[]>,
): WireUnderTest {
  return {
    name,
    capabilities: new Set(capabilities),
    pair: async (left, right, { limits, onError, signal, observers = {} }) => {
      const [atLeft, atRight] = await join();
      if (atLeft === undefined || atRight === undefined) throw new Error("two ends are needed");
      const ends: Transport[] = [];
      const base = { limits, onError, signal };
      const noted = (protocol: Protocol): Protocol => noting(protocol, (end) => ends.push(end));
      await atRight.connect(noted(right), {
        ...base,
        ...(observers.right && { observer: observers.right }),
      });
      await atLeft.connect(noted(left), {
        ...base,
        ...(observers.left && { observer: observers.left }),
      });
      const [rightEnd, leftEnd] = ends as [Transport, Transport];
      const dispose = async (): Promise<void> => {
        for (const end of ends) {
          if (isAbortable(end)) end.abortConnection();
          else end.loseConnection();
        }
      };
      return {
        left: leftEnd,
        right: rightEnd,
        settle: settleByTurns(),
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}

/** The protocol itself, but for a look at its transport first. */
function noting(protocol: Protocol, note: (transport: Transport) => void): Protocol {
  const connectionMade = (transport: Transport): unknown => {
    note(transport);
    return protocol.connectionMade(transport);
  };
  return new Proxy(protocol, {
    get: (target, key) => {
      if (key === "connectionMade") return connectionMade;
      const value: unknown = Reflect.get(target, key);
      // Its methods are called on itself: private members know no proxy.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
