import type {
  Capability,
  ClientEndpoint,
  EndpointOptions,
  ProcessAddress,
  Protocol,
  PtyTransport,
  TerminalSize,
} from "../../contract/index.ts";
import { resolveLimits, UnsupportedError } from "../../contract/index.ts";
import { checkProtocol, defaultOnError } from "../../flow/index.ts";
import { whyNotNative } from "../_drivers/native/addon.ts";
import { reactor } from "../_drivers/native/reactor.ts";
import { openWire } from "../_drivers/open-wire.ts";
import { ProcessSeat } from "../_drivers/process-seat.ts";
import type { ResolvedPty } from "./pty-options.ts";
import { checkPtyOptions } from "./pty-options.ts";
import { PtyFlowTransport } from "./pty-transport.ts";
import { PtyWire } from "./pty-wire.ts";
import { startProgram } from "./start-program.ts";

export interface PtyOptions {
  /** A path, or a name that is looked up in the `PATH` of `env`. No shell reads it. */
  readonly command: string;
  readonly args?: readonly string[];
  /** The whole environment. Default: empty. `"inherit"`: ours, with a `TERM` if it has none. */
  readonly env?: Readonly<Record<string, string>> | "inherit";
  /** Default: ours. */
  readonly cwd?: string;
  /** Of its window, in characters. Default 80 columns and 24 rows. */
  readonly size?: TerminalSize;
  /**
   * Whether bytes go through as they are, both ways: no echo, no lines, no control characters.
   * Default false: as a person's terminal.
   */
  readonly raw?: boolean;
  /**
   * What `loseWriteConnection` does, since a terminal has no end of one direction. Default
   * `"refused"`. `"typed"`: `\x04` is typed, as a person would; see `pty`. Not with `raw`.
   */
  readonly endOfInput?: "refused" | "typed";
  /** What the child sees as its own name. Default: `command`. */
  readonly argv0?: string;
  /** How long a child may ignore that its terminal hung up. Default 10 000; `Infinity` for ever. */
  readonly hangUpGraceMs?: number;
}

/**
 * A child process on a pseudo-terminal of its own: each `connect` starts one, as the leader of a
 * new
 * session. It gets none of our descriptors, and none of our ignored signals. Native driver only.
 *
 * The connection is over when the process has exited and everything it printed has been read, so
 * that no output is lost, however late it is read: in order with exit code 0, otherwise `lost` by
 * `peer`, ERR_WIRE_PROCESS_EXIT with `exitCode` or `signal`, behind whatever is still unread.
 *
 * - What is not read holds the child back. What it does not read is queued here.
 * - A terminal has one direction's end only: `loseWriteConnection` is refused (capability
 *   `halfClose` is absent). End input as a person does: `\x04` where lines are on.
 * - `endOfInput: "typed"` does that, behind all that was written, and offers `halfClose`. It is
 *   typed again for as long as the program goes on, with ever longer pauses: a character that comes
 *   while one program hands the terminal to another is lost, a line that is not ended takes two,
 *   and whoever reads next has to meet the end as well. **Not promised:** that a program takes it
 *   as the end: one that turned lines off reads a key.
 * - `loseConnection` flushes and hangs up: the child gets SIGHUP, and one that it ends has ended in
 *   order, `done` by `us`. One that goes on all the same is waited for, `hangUpGraceMs` long, and
 *   then left to itself. **Not promised:** that the child reads what it was sent just before.
 * - `abortConnection` is SIGKILL, to the leader; the rest of its session gets SIGHUP.
 * - Control characters act on the foreground group: `\x03` interrupts it. **Not promised**, and
 *   that of every terminal: with lines on, more than 4095 bytes without an end of line.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED without the native driver.
 * @see twisted.internet.interfaces.IReactorProcess.spawnProcess with `usePTY`
 */
export function pty(options: PtyOptions): ClientEndpoint<PtyTransport> {
  const resolved = checkPtyOptions(options);
  const why = whyNotNative();
  if (why !== null) throw new UnsupportedError("start a program on a terminal", why);
  return { connect: (protocol, given) => start(resolved, protocol, given) };
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>(["abort", "backPressure"]);
const TYPES_END: ReadonlySet<Capability> = new Set<Capability>([...CAPABILITIES, "halfClose"]);

async function start<P extends Protocol<PtyTransport>>(
  options: ResolvedPty,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol as P & Protocol);
  given.signal?.throwIfAborted();
  const here = reactor();
  const running = startProgram(here, options);
  const { args, command, hangUpGraceMs, size, typesEnd } = options;
  const seat = new ProcessSeat({}, given.onError ?? defaultOnError);
  const host: ProcessAddress = {
    kind: "process",
    command: process.argv0,
    args: [],
    pid: process.pid,
  };
  const peer: ProcessAddress = { kind: "process", command, args, pid: running.pid };
  await new Promise<void>((resolve, reject) => {
    let wire!: PtyWire;
    openWire(
      (facts) => {
        const how = { hangUpGraceMs, typesEnd };
        wire = new PtyWire(facts, { here, running, host, peer, seat, ...how });
        return wire;
      },
      given,
      {
        capabilities: typesEnd ? TYPES_END : CAPABILITIES,
        limits,
        accept: () => seat.adapt(protocol as P & Protocol) as Protocol,
        transport: (flow) => new PtyFlowTransport(flow, wire, seat, size),
        begun: (error) => (error === undefined ? resolve() : reject(error)),
      },
    );
  });
  return protocol;
}
