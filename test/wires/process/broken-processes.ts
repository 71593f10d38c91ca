import { closeSync, openSync } from "node:fs";
import type {
  CloseReason,
  ProcessProtocol,
  ProcessTransport,
} from "../../../src/contract/index.ts";
import { WireError } from "../../../src/contract/index.ts";
import type { ProcessOptions } from "../../../src/wires/process/index.ts";
import { childProcess } from "../../../src/wires/process/index.ts";
import type { Start } from "./process-rules.ts";

/** Children that are right but for one stated fault, and the rule that catches it. */
export interface BrokenProcess {
  readonly caught: string;
  readonly fault: string;
  readonly start: Start;
}

type Hooks = Partial<ProcessProtocol>;
type Calls = Partial<ProcessTransport>;

interface Damage {
  readonly options?: (given: ProcessOptions) => ProcessOptions;
  /** Replaces methods of the protocol. */
  readonly told?: (protocol: ProcessProtocol) => Hooks;
  /** Replaces methods of the transport. */
  readonly calls?: (transport: ProcessTransport) => Calls;
  readonly refused?: (error: unknown) => unknown;
}

/** A fault in the reason that is told. */
const telling = (change: (reason: CloseReason) => CloseReason): Damage => ({
  told: (protocol) => ({ connectionLost: (reason) => protocol.connectionLost(change(reason)) }),
});

export const BROKEN_PROCESSES: readonly BrokenProcess[] = [
  broken(
    "exit.zero",
    "an end in order is told as a loss",
    telling((reason) =>
      reason.kind === "done" ? { ...reason, kind: "lost", code: "ERR_WIRE_PROCESS_EXIT" } : reason,
    ),
  ),
  broken(
    "exit.code",
    "whatever the exit code, the end is in order",
    telling(({ ledger }) => ({
      kind: "done",
      by: "peer",
      ledger,
    })),
  ),
  broken(
    "exit.signal",
    "a signal is told as exit code 1",
    telling(({ signal, ...reason }) =>
      signal === undefined ? reason : { ...reason, exitCode: 1 },
    ),
  ),
  broken("exit.behindOutput", "the end is told with the exit, what is unread is lost", {
    told: (protocol) => {
      let isOver = false;
      return {
        dataReceived: (data) => (isOver ? undefined : protocol.dataReceived(data)),
        processExited: (status) => {
          isOver = true;
          protocol.processExited?.(status);
          protocol.connectionLost({ kind: "done", by: "peer", ledger: NO_LEDGER });
        },
        connectionLost: () => undefined,
      };
    },
  }),
  broken("exit.once", "a process that exited has not ended", {
    told: () => ({ processEnded: () => undefined }),
  }),
  broken("input.closed", "a child that closes its input has its connection cut", {
    told: (protocol) => {
      let transport: ProcessTransport;
      return {
        connectionMade: (made) => {
          transport = made;
          return protocol.connectionMade(made);
        },
        writeConnectionLost: () => transport.abortConnection(),
      };
    },
  }),
  broken("signal.ignored", "every signal is SIGKILL", {
    calls: (inner) => ({ signalProcess: () => inner.signalProcess("KILL") }),
  }),
  broken("abort.kills", "an abort asks the child to end", {
    calls: (inner) => ({ abortConnection: () => inner.loseConnection() }),
  }),
  broken(
    "descendant.told",
    "a descendant that keeps a pipe is none of our concern",
    telling(({ code, ...reason }) =>
      code === "ERR_WIRE_DESCENDANT" ? { ...reason, kind: "done", by: "peer" } : reason,
    ),
  ),
  broken("descendant.late", "a descendant has no grace", {
    options: (given) => ({ ...given, descendantGraceMs: 0 }),
  }),
  broken("start.refused", "a program that is not there is not named", {
    refused: (error) =>
      error instanceof WireError ? new WireError(error.code, "Cannot connect: ENOENT") : error,
  }),
  broken("end.leavesNothing", "a descriptor stays open for every child", {
    options: (given) => {
      leaked.push(openSync("/dev/null", "r"));
      return given;
    },
  }),
];

const leaked: number[] = [];

/** Closes what the one that leaks has left. */
export function closeLeaked(): void {
  for (const fd of leaked.splice(0)) closeSync(fd);
}

const NO_LEDGER: CloseReason["ledger"] = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};

function broken(caught: string, fault: string, damage: Damage): BrokenProcess {
  const { calls, options = (given) => given, refused = (error) => error, told } = damage;
  const start: Start = (given) => {
    const endpoint = childProcess(given);
    return {
      connect: async (protocol, connecting) => {
        const heard = protocol as unknown as ProcessProtocol;
        const deaf = replaced(heard, told?.(heard) ?? {});
        const mute: ProcessProtocol = {
          ...onward(deaf),
          connectionMade: (transport) =>
            deaf.connectionMade(replaced(transport, calls?.(transport) ?? {})),
        };
        const damaged = options(given) === given ? endpoint : childProcess(options(given));
        try {
          await damaged.connect(mute, connecting);
        } catch (error) {
          throw refused(error);
        }
        return protocol;
      },
    };
  };
  return { caught, fault, start };
}

/** `whole` with some of its methods replaced. */
function replaced<T extends object>(whole: T, parts: Partial<T>): T {
  return new Proxy(whole, {
    get: (_, name) => {
      const from = Object.hasOwn(parts, name) ? parts : whole;
      const value: unknown = Reflect.get(from, name);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}

/** Every method by itself, so that a spread finds it. */
function onward(protocol: ProcessProtocol): ProcessProtocol {
  return {
    connectionMade: (transport) => protocol.connectionMade(transport),
    dataReceived: (data) => protocol.dataReceived(data),
    writeConnectionLost: () => protocol.writeConnectionLost?.(),
    childDataReceived: (childFD, data) => protocol.childDataReceived?.(childFD, data),
    childConnectionLost: (childFD) => protocol.childConnectionLost?.(childFD),
    processExited: (status) => protocol.processExited?.(status),
    processEnded: (status) => protocol.processEnded?.(status),
    connectionLost: (reason) => protocol.connectionLost(reason),
  };
}
