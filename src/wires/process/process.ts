import type {
  Capability,
  ClientEndpoint,
  DriverName,
  EndpointOptions,
  ProcessTransport,
  Protocol,
} from "../../contract/index.ts";
import { resolveLimits } from "../../contract/index.ts";
import { checkProtocol, defaultOnError } from "../../flow/index.ts";
import { socketDriver } from "../_drivers/choose-driver.ts";
import { openWire } from "../_drivers/open-wire.ts";
import { ProcessSeat } from "../_drivers/process-seat.ts";
import type { ChildFd, ChildFds } from "./child-fds.ts";
import { checkProcessOptions } from "./process-options.ts";
import { ProcessFlowTransport } from "./process-transport.ts";
import { ProcessWire } from "./process-wire.ts";
import { spawnChild } from "./spawn-child.ts";

export interface ProcessOptions {
  /** A path, or a name that is looked up in the `PATH` of `env`. No shell reads it. */
  readonly command: string;
  readonly args?: readonly string[];
  /** The whole environment. Default: empty. `"inherit"`: ours, as it is when the child starts. */
  readonly env?: Readonly<Record<string, string>> | "inherit";
  /** Default: ours. */
  readonly cwd?: string;
  /**
   * What each descriptor of the child is, over `{ 0: "w", 1: "r", 2: 2 }`: `"r"`, we read it;
   * `"w"`, we write it; a number, that descriptor of ours; `"null"`, the null device.
   */
  readonly fds?: Readonly<Record<number, ChildFd>>;
  /** What the child sees as its own name. Default: `command`. */
  readonly argv0?: string;
  readonly uid?: number;
  readonly gid?: number;
  /**
   * After the process has exited: how long a pipe that a descendant still holds may be silent while
   * it is read. Default 10 000; `Infinity` waits for ever.
   */
  readonly descendantGraceMs?: number;
  /**
   * Default: the native driver where it loads, the portable one elsewhere; OVERWALL_DRIVER says.
   */
  readonly driver?: DriverName;
}

/** Checked, with its defaults. */
export interface ResolvedOptions extends Omit<ProcessOptions, "fds"> {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>> | "inherit";
  readonly fds: ChildFds;
  readonly descendantGraceMs: number;
  readonly driver: DriverName;
}

/**
 * A child process: each `connect` starts one. What is written goes to its standard input, what
 * comes is its standard output; standard error goes where ours goes, unless `fds` claims it.
 *
 * The connection is over when the process has exited and all of its pipes have ended, so that no
 * output is lost: in order with exit code 0, otherwise `lost` by `peer`, ERR_WIRE_PROCESS_EXIT with
 * `exitCode` or `signal`, behind whatever is still unread. A descendant that keeps a pipe after the
 * exit has `descendantGraceMs`, then it is `timeout` by `wire`, ERR_WIRE_DESCENDANT.
 *
 * - `loseConnection` ends what the child reads, and reads and drops what it prints until it exits,
 *   within the linger bounds. Past one, the process is left to itself: not killed, and reaped. But
 *   one that had closed its output before, and runs on, is killed when it has not exited within
 *   `stallMs`, 60 s unless given.
 * - `abortConnection` is SIGKILL, to the process alone and not to what it started.
 * - A child that closes its standard input is noticed at once.
 * - On the portable driver the pipes are socket pairs: `/dev/stdin` cannot be opened anew in the
 *   child; one that waits to print when its output is closed here meets ECONNRESET, and no SIGPIPE;
 *   that it closed its standard input is noticed at the next write.
 * - On the native driver they are true pipes. A child that is Node leaves its 0, 1 and 2 open until
 *   it exits, whatever ends its streams (libuv closes none of the three): its end is heard at its
 *   exit, or where it calls `closeSync`. Over socket pairs the end of `process.stdout` is heard.
 * - Descriptors that this process was started with, and that close-on-exec does not cover, are the
 *   child's too.
 * - On Windows a process has the descriptors 0, 1 and 2 alone, no `uid` and no `gid`; its pipes are
 *   named ones; of signals SIGTERM, SIGKILL, SIGINT and SIGQUIT end it at once, and others are
 *   refused. Arguments are quoted as its C library reads them. **Not promised** there: that the
 *   first line of a script names its interpreter.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED for what the platform has none of, and when the
 *   native driver is asked for and is not here.
 * @see twisted.internet.interfaces.IReactorProcess.spawnProcess,
 *   twisted.internet.endpoints.ProcessEndpoint
 */
export function childProcess(options: ProcessOptions): ClientEndpoint<ProcessTransport> {
  const checked = checkProcessOptions(options);
  const resolved = { ...checked, driver: socketDriver(options.driver).name };
  return { connect: (protocol, given) => start(resolved, protocol, given) };
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "linger",
  "backPressure",
]);

async function start<P extends Protocol<ProcessTransport>>(
  options: ResolvedOptions,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol as P & Protocol);
  given.signal?.throwIfAborted();
  const { child, pipes } = await spawnChild(options);
  if (given.signal?.aborted === true) {
    const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await Promise.all([exited, pipes.letGo()]);
    throw given.signal.reason;
  }
  const { args, command, descendantGraceMs, fds } = options;
  const onError = given.onError ?? defaultOnError;
  const seat = new ProcessSeat(fds, onError);
  await new Promise<void>((resolve, reject) => {
    let wire!: ProcessWire;
    openWire(
      (facts) =>
        (wire = new ProcessWire(facts, {
          host: { kind: "process", command: process.argv0, args: [], pid: process.pid },
          peer: { kind: "process", command, args, pid: child.pid ?? null },
          child,
          pipes,
          fds,
          seat,
          descendantGraceMs,
          limits,
          onError,
        })),
      given,
      {
        capabilities: CAPABILITIES,
        limits,
        accept: () => seat.adapt(protocol) as Protocol,
        transport: (flow) => new ProcessFlowTransport(flow, wire, seat),
        begun: (error) => (error === undefined ? resolve() : reject(error)),
      },
    );
  });
  return protocol;
}
