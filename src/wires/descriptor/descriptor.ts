import { constants } from "node:fs";
import { Socket } from "node:net";
import type {
  Capability,
  ClientEndpoint,
  DescriptorAddress,
  EndpointOptions,
  Protocol,
} from "../../contract/index.ts";
import {
  ConnectError,
  formatAddress,
  isWireError,
  resolveLimits,
  UnsupportedError,
} from "../../contract/index.ts";
import type { Facts } from "../../flow/index.ts";
import { checkProtocol } from "../../flow/index.ts";
import { meaningForDescriptor } from "../_drivers/errno.ts";
import type { OpenableWire } from "../_drivers/open-wire.ts";
import { openWire } from "../_drivers/open-wire.ts";
import { kindOf, reopened, waysOf } from "../_drivers/portable/descriptor-kind.ts";
import { DuctWire } from "../_drivers/portable/duct-wire.ts";
import { NodeSocketWire } from "../_drivers/portable/node-socket-wire.ts";
import type { Ownership } from "../_drivers/portable/open-duct.ts";
import { openIntake, openOutlet } from "../_drivers/portable/open-duct.ts";
import { completionPort } from "../_drivers/windows/open-handle.ts";
import { prepareHandles } from "./overlapped.ts";

export interface DescriptorOptions {
  /** One that is read, written, or both, as it was opened. Or name each: */
  readonly fd?: number;
  /** The one that is read. */
  readonly input?: number;
  /** The one that is written. */
  readonly output?: number;
  /**
   * Whether others use them too: they are not closed then, nor made non-blocking where they can be
   * opened anew. Default false: they are the connection's, and closed with it.
   */
  readonly shared?: boolean;
  /**
   * Windows: the numbers are handles that were opened with FILE_FLAG_OVERLAPPED, and that no
   * completion port has. Needs `koffi` (`npm install koffi`). Default false.
   */
  readonly overlapped?: boolean;
}

/**
 * Descriptors of this process as a connection: a pipe, a socket, a terminal, a file, or one for
 * each direction.
 *
 * One that is only read has ended our direction from the start; of one that is only written
 * the peer's end comes with ours. A reader that is gone ends our direction, unasked. One `connect`
 * for
 * each: afterwards the descriptors are closed, unless `shared`.
 *
 * On Windows a descriptor leads to a file, a pipe or the console, and is used in one direction.
 * With `overlapped`, handles of files, pipes and devices are used through a completion port: order
 * is kept with several writes in flight, the count of what was sent is exact, and an abort cancels
 * what is in flight. A file is read or written from its beginning (or at its end, where it was
 * opened to append). A pipe that goes both ways has no end of one way (no `halfClose`). Shared
 * handles stay with the port of this thread. **Not promised:** more than one write in flight where
 * handles append.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED for `overlapped` on other systems.
 * @throws {WireError} ERR_WIRE_MISSING_PEER for `overlapped` where `koffi` is not installed.
 * @see twisted.internet.abstract.FileDescriptor; twisted.internet.iocpreactor.abstract.FileHandle
 */
export function descriptor(options: DescriptorOptions): ClientEndpoint {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("descriptor() takes an object of options");
  }
  const { fd, input, output, overlapped = false, shared = false } = options;
  for (const [name, value] of Object.entries({ fd, input, output })) {
    if (value === undefined || (Number.isInteger(value) && value >= 0)) continue;
    throw new RangeError(`descriptor(): ${name} must be a descriptor's number, not ${value}`);
  }
  for (const [name, value] of Object.entries({ overlapped, shared })) {
    if (typeof value !== "boolean") throw new TypeError(`descriptor(): ${name} must be a boolean`);
  }
  if ((fd === undefined) === (input === undefined && output === undefined)) {
    throw new TypeError("descriptor() takes fd, or input and output, or one of the two");
  }
  if (overlapped) completionPort();
  return { connect: (protocol, given) => open(options, protocol, given) };
}

const ONE_BY_ONE: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "backPressure",
]);
/** Unread input turns the close of a socket into a loss for its peer. */
const SOCKET: ReadonlySet<Capability> = new Set<Capability>([...ONE_BY_ONE, "linger"]);

async function open<P extends Protocol>(
  options: DescriptorOptions,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol);
  given.signal?.throwIfAborted();
  const { capabilities, make } = prepare(options);
  await new Promise<void>((resolve, reject) => {
    openWire(make, given, {
      capabilities,
      limits,
      accept: () => protocol,
      begun: (error) => (error === undefined ? resolve() : reject(error)),
    });
  });
  return protocol;
}

/** The system does not tell which way a descriptor was opened, and Node cannot use one twice. */
function bothWays(fd: number): UnsupportedError {
  const why = "Windows does not tell which way it goes: name it as input, or as output";
  return new UnsupportedError(`use descriptor ${fd}`, why);
}

interface Prepared {
  readonly capabilities: ReadonlySet<Capability>;
  readonly make: (facts: Facts) => OpenableWire;
}

function prepare(options: DescriptorOptions): Prepared {
  if (options.overlapped === true) return prepareHandles(options);
  const { input = null, output = null, fd = null, shared = false } = options;
  const ownership = shared ? "shared" : "ours";
  try {
    if (fd === null) return prepareDucts({ kind: "descriptor", input, output }, ownership);
    if (process.platform === "win32") throw bothWays(fd);
    if (kindOf(fd) === "socket") return prepareSocket(fd);
    const ways = waysOf(fd) ?? { reads: true, writes: true };
    const address: DescriptorAddress = {
      kind: "descriptor",
      input: ways.reads ? fd : null,
      output: ways.writes ? fd : null,
    };
    return prepareDucts(address, ownership);
  } catch (error) {
    if (!(error instanceof Error) || isWireError(error)) throw error;
    const address: DescriptorAddress = {
      kind: "descriptor",
      input: input ?? fd,
      output: output ?? (input === null ? fd : null),
    };
    const { code, why } = meaningForDescriptor(error, fd ?? input ?? output ?? -1);
    throw new ConnectError(code, formatAddress(address), why, [{ address, error }]);
  }
}

function prepareSocket(fd: number): Prepared {
  const address: DescriptorAddress = { kind: "descriptor", input: fd, output: fd };
  const socket = new Socket({ fd, allowHalfOpen: true, readable: true, writable: true });
  socket.pause();
  const ends = { host: address, peer: address, resets: false };
  return { capabilities: SOCKET, make: (facts) => new NodeSocketWire(socket, facts, ends) };
}

function prepareDucts(address: DescriptorAddress, ownership: Ownership): Prepared {
  const { input, output } = address;
  const intake = input === null ? null : openIntake(input, ownership);
  try {
    // One number for both directions is let go by the one that reads: the other has its own.
    const isOne = input !== null && input === output;
    const own = isOne ? reopened(output, constants.O_WRONLY | constants.O_NOCTTY) : output;
    const outletOwnership = isOne && own === null ? "shared" : isOne ? "ours" : ownership;
    const outlet = output === null ? null : openOutlet(own ?? output, outletOwnership);
    const options = {
      host: address,
      peer: address,
      ...(intake === null ? {} : { intake: intake.make }),
      ...(outlet === null ? {} : { outlet: outlet.make }),
    };
    return { capabilities: ONE_BY_ONE, make: (facts) => new DuctWire(facts, options) };
  } catch (error) {
    intake?.release();
    throw error;
  }
}
