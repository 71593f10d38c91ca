import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type {
  Capability,
  ClientEndpoint,
  DriverName,
  EndpointOptions,
  Protocol,
  StdioAddress,
  StdioTransport,
} from "../../contract/index.ts";
import {
  ConnectError,
  isWireError,
  resolveLimits,
  UnsupportedError,
} from "../../contract/index.ts";
import { checkProtocol } from "../../flow/index.ts";
import { socketDriver } from "../_drivers/choose-driver.ts";
import { kindOf } from "../_drivers/descriptor-kind.ts";
import type { MakeOutlet } from "../_drivers/duct.ts";
import { DuctWire } from "../_drivers/duct-wire.ts";
import { meaningForDescriptor } from "../_drivers/errno.ts";
import type { OpenedDuct } from "../_drivers/open-duct.ts";
import { driverOf, openIntake, openOutlet } from "../_drivers/open-duct.ts";
import { openWire } from "../_drivers/open-wire.ts";
import type { Noted } from "./live-stdio.ts";
import { claimStdio, noteStdio } from "./live-stdio.ts";
import { StdioFlowTransport } from "./stdio-transport.ts";
import { Terminal } from "./terminal.ts";

export interface StdioOptions {
  /** The descriptor that is read. Default 0. */
  readonly input?: number;
  /** The descriptor that is written. Default 1. */
  readonly output?: number;
  /**
   * Whether the end of our direction is an end for whoever reads: a pipe is closed then, and its
   * number leads to the null device. Default false: they see the end when this process exits.
   * Refused for a pipe on Windows, where Node keeps standard output open.
   */
  readonly closeOutput?: boolean;
  /**
   * Whether a reader of our output that has gone is the end of input as well, as in a pipeline of
   * programs: what was written there before is still read. Default false: reading goes on.
   */
  readonly endsWithReader?: boolean;
  /**
   * Default: the native driver where it loads, the portable one elsewhere; OVERWALL_DRIVER says.
   */
  readonly driver?: DriverName;
}

/**
 * The standard streams of this process as a connection: what comes is standard input, what is
 * written goes to standard output.
 *
 * Nothing here blocks the loop, and what is queued keeps the process alive until it has left, so
 * that output is complete when the main program returns; before `process.exit`, await
 * `finishStdio()`.
 *
 * Descriptors that others share are not made non-blocking: pipes and terminals are opened anew
 * through /proc/self/fd. Where that fails (a pipe of another user; a system without it; a socket,
 * on the portable driver), the portable driver takes the descriptor, and the transport's
 * `nonBlocking` names it. Whoever reads output and goes away is an end of our direction, unasked:
 * noticed at once on the native driver, at the next write on the portable one. The descriptors stay
 * open, but for those in `nonBlocking` above 2. A close does not wait for the end of input; up to
 * 64 KiB of it may have been taken from a pipe and not delivered.
 *
 * On Windows pipes, files and the console are standard streams, and other numbers than 0, 1 and 2
 * are refused where they are pipes. Writing to a console holds the loop while somebody selects
 * text in it. Pipes are written in the pool of threads, as Node does.
 *
 * One connection at a time for each descriptor: ERR_WIRE_BUSY.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the native driver is asked for and is not
 *   here.
 * @see twisted.internet.stdio.StandardIO; twisted.internet._win32stdio.StandardIO
 */
export function stdio(options: StdioOptions = {}): ClientEndpoint<StdioTransport> {
  const { closeOutput = false, endsWithReader = false, input = 0, output = 1 } = options;
  for (const [name, fd] of Object.entries({ input, output })) {
    if (Number.isInteger(fd) && fd >= 0) continue;
    throw new RangeError(`stdio(): ${name} must be a descriptor's number, not ${String(fd)}`);
  }
  for (const [name, value] of Object.entries({ closeOutput, endsWithReader })) {
    if (typeof value !== "boolean") throw new TypeError(`stdio(): ${name} must be a boolean`);
  }
  const driver = socketDriver(options.driver).name;
  const resolved = { closeOutput, driver, endsWithReader, input, output };
  return { connect: (protocol, given) => open(resolved, protocol, given) };
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "backPressure",
]);

const ADDRESS: StdioAddress = { kind: "stdio" };

async function open<P extends Protocol<StdioTransport>>(
  options: Required<StdioOptions>,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol as P & Protocol);
  given.signal?.throwIfAborted();
  const { input, output } = options;
  claimStdio([input, output]);
  const { intake, outlet } = openBoth(options);
  const terminal = new Terminal(intake.terminal, output);
  const driver = driverOf(options.driver, [intake, outlet]);
  const nonBlocking = [...(intake.isTaken ? [input] : []), ...(outlet.isTaken ? [output] : [])];
  let noted: Noted | undefined;
  await new Promise<void>((resolve, reject) => {
    openWire(
      (facts) =>
        new DuctWire(facts, {
          host: ADDRESS,
          peer: ADDRESS,
          intake: intake.make,
          endsWithReader: options.endsWithReader,
          outlet: options.closeOutput
            ? closing(outlet, output, () => noted?.closed(output))
            : outlet.make,
        }),
      given,
      {
        capabilities: CAPABILITIES,
        limits,
        accept: () => protocol as P & Protocol,
        transport: (flow) => {
          const transport = new StdioFlowTransport(flow, { driver, terminal, nonBlocking });
          noted = noteStdio([input, output], transport);
          return transport;
        },
        begun: (error) => (error === undefined ? resolve() : reject(error)),
        ended: () => noted?.ended(),
      },
    );
  });
  return protocol;
}

function openBoth({ closeOutput, driver, input, output }: Required<StdioOptions>): {
  readonly intake: ReturnType<typeof openIntake>;
  readonly outlet: ReturnType<typeof openOutlet>;
} {
  let fd = input;
  let intake: ReturnType<typeof openIntake> | undefined;
  try {
    intake = openIntake(input, { driver, ownership: "shared" });
    fd = output;
    if (closeOutput && process.platform === "win32" && kindOf(output) === "pipe") {
      throw new UnsupportedError("close standard output", "on Windows only an exit does");
    }
    const endsShared = closeOutput;
    return { intake, outlet: openOutlet(output, { driver, ownership: "shared", endsShared }) };
  } catch (error) {
    intake?.release();
    if (!(error instanceof Error) || isWireError(error)) throw error;
    const { code, why } = meaningForDescriptor(error, fd);
    throw new ConnectError(code, "stdio:", why, [{ address: ADDRESS, error }]);
  }
}

/** The same outlet, which also closes the descriptor that others would otherwise still write to. */
function closing(
  { make, isTaken, driver }: OpenedDuct<MakeOutlet>,
  fd: number,
  closed: () => void,
): MakeOutlet {
  // Node closes what it was given with its stream, unless it is a standard one.
  const isNodes = isTaken && driver === "portable" && fd > 2;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    if (!isNodes) closeQuietly(fd);
    closed();
    // The number of a standard stream must not become that of some other file.
    if (fd > 2) return;
    const taken = openSync(devNull, "w");
    if (taken !== fd) closeSync(taken);
  };
  return (facts) => {
    const ended = (): void => {
      close();
      facts.ended();
    };
    const outlet = make({
      sent: (byteCount) => facts.sent(byteCount),
      failed: (error) => facts.failed(error),
      ended: () => {
        if (isNodes) outlet.close(ended);
        else ended();
      },
    });
    return {
      send: (chunks) => outlet.send(chunks),
      end: () => outlet.end(),
      close: (done) =>
        outlet.close(() => {
          close();
          done();
        }),
    };
  };
}

/** Whatever the system says of it, it is no longer ours: the end is told all the same. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Somebody closed it behind our back, or it could not write out what it held.
  }
}
