import { closeSync, constants } from "node:fs";
import { Socket } from "node:net";
import type {
  Capability,
  ClientEndpoint,
  DescriptorAddress,
  DescriptorTransport,
  DriverName,
  EndpointOptions,
  Protocol,
} from "../../contract/index.ts";
import {
  BusyError,
  ConnectError,
  formatAddress,
  isWireError,
  resolveLimits,
  UnsupportedError,
} from "../../contract/index.ts";
import type { Facts, FlowCalls } from "../../flow/index.ts";
import { checkProtocol, FlowTransport } from "../../flow/index.ts";
import { socketDriver } from "../_drivers/choose-driver.ts";
import type { WritingPlace } from "../_drivers/descriptor-kind.ts";
import { kindOf, reopened, waysOf, writingPlaceOf } from "../_drivers/descriptor-kind.ts";
import { DuctWire } from "../_drivers/duct-wire.ts";
import { meaningForDescriptor } from "../_drivers/errno.ts";
import { adoptSocket, duplicateOf } from "../_drivers/native/native-duct.ts";
import type { Ownership } from "../_drivers/open-duct.ts";
import { driverOf, openIntake, openOutlet } from "../_drivers/open-duct.ts";
import type { OpenableWire } from "../_drivers/open-wire.ts";
import { openWire } from "../_drivers/open-wire.ts";
import { NodeSocketWire } from "../_drivers/portable/node-socket-wire.ts";
import type { RawSocket } from "../_drivers/raw-socket.ts";
import type { PreparedHandles } from "./overlapped.ts";
import { overlappedHandles } from "./overlapped.ts";

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
   * Default: the native driver where it loads, the portable one elsewhere; OVERWALL_DRIVER says.
   */
  readonly driver?: DriverName;
  /**
   * Windows: the numbers are handles that were opened with FILE_FLAG_OVERLAPPED, and that no
   * completion port has yet. Needs `koffi` (`npm install koffi`). Default false.
   */
  readonly overlapped?: boolean;
}

/**
 * Descriptors of this process as a connection: a pipe, a socket, a terminal, a file, or one for
 * each direction.
 *
 * One that is only read has ended our direction from the start; of one that is only written
 * the peer's end comes with ours. A reader that is gone ends our direction, unasked: noticed at
 * once on the native driver, at the next write on the portable one. One `connect` for each:
 * afterwards the descriptors are closed, unless `shared`, and `connect` refuses another with
 * ERR_WIRE_BUSY; one that fails when it has the first of two closes that one. **Not promised:**
 * that two endpoints with the same number are noticed.
 *
 * A file that goes both ways is read and written from where it stands, and from there on each has a
 * place of its own: reading moves the one that others share, writing does not. One that was opened
 * to append is written at its end. **Not promised:** two places where there is no /proc.
 *
 * On the native driver a pipe without a name and a terminal get an open file of their own, under
 * the same number, and a socket is left as it is: so that nobody else who holds them is made
 * non-blocking, whoever's they are.
 *
 * The peer of a shared socket sees nothing of our end, nor of an abort, since the others go on with
 * it; nor does a close wait for the peer's end. **Not promised** on the portable driver: this, and
 * that what is shared and cannot be opened anew (a socket, another user's pipe) stays open, but for
 * 0, 1 and 2.
 *
 * On Windows a descriptor leads to a file, a pipe or the console, and is used in one direction.
 * With `overlapped`, handles of files, pipes and devices are used through a completion port: order
 * is kept with several writes in flight, the count of what was sent is exact, and an abort cancels
 * what is in flight. A file is read or written from its beginning (or at its end, where it was
 * opened to append). A pipe that goes both ways has no end of one way (no `halfClose`). Windows
 * gives a handle to one completion port for as long as it is open: shared handles, and those of a
 * connection that was refused, stay with the port of this thread, and can be connected again by the
 * same `descriptor()` alone. Leave them open while it is used: it knows them by their numbers.
 * **Not promised:** more than one write in flight where handles append.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED for `overlapped` on other systems, and when the
 *   native driver is asked for and is not here.
 * @throws {WireError} for `overlapped`: ERR_WIRE_MISSING_PEER where `koffi` is not installed or
 *   does not work, ERR_WIRE_REFUSED when Windows gives no completion port.
 * @throws {BusyError} ERR_WIRE_BUSY, from `connect`, when called again without `shared`.
 * @see twisted.internet.abstract.FileDescriptor; twisted.internet.iocpreactor.abstract.FileHandle
 */
export function descriptor(options: DescriptorOptions): ClientEndpoint<DescriptorTransport> {
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
  const driver = socketDriver(options.driver).name;
  const handles = overlapped ? overlappedHandles(options) : null;
  const how: How = { driver, ownership: shared ? "shared" : "ours", handles };
  return new DescriptorEndpoint(options, how);
}

/** How each of them is taken. */
interface How {
  readonly driver: DriverName;
  readonly ownership: Ownership;
  /** Of Windows, in place of descriptors. */
  readonly handles: (() => PreparedHandles) | null;
}

interface Taking extends How {
  /** Told when a descriptor has been taken, also where another one then cannot be. */
  readonly took: () => void;
}

const ONE_BY_ONE: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "backPressure",
]);
/** Unread input turns the close of a socket into a loss for its peer. */
const SOCKET: ReadonlySet<Capability> = new Set<Capability>([...ONE_BY_ONE, "linger"]);

/** Descriptors of ours are given away once; what others use too is opened anew each time. */
class DescriptorEndpoint implements ClientEndpoint<DescriptorTransport> {
  readonly #options: DescriptorOptions;
  readonly #how: How;
  #isTaken = false;

  constructor(options: DescriptorOptions, how: How) {
    this.#options = options;
    this.#how = how;
  }

  connect<P extends Protocol<DescriptorTransport>>(
    protocol: P,
    given?: EndpointOptions,
  ): Promise<P> {
    return open(() => this.#take(), protocol, given);
  }

  #take(): Prepared {
    if (this.#isTaken) throw taken(this.#options);
    const took = (): void => {
      this.#isTaken = this.#how.ownership === "ours";
    };
    return prepare(this.#options, { ...this.#how, took });
  }
}

async function open<P extends Protocol<DescriptorTransport>>(
  take: () => Prepared,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol as P & Protocol);
  given.signal?.throwIfAborted();
  const { capabilities, driver, make } = take();
  await new Promise<void>((resolve, reject) => {
    openWire(make, given, {
      capabilities,
      limits,
      accept: () => protocol as P & Protocol,
      transport: (flow) => new DescriptorFlowTransport(flow, driver),
      begun: (error) => (error === undefined ? resolve() : reject(error)),
    });
  });
  return protocol;
}

/** The number may be somebody else's by now: the system hands out again what was closed. */
function taken(options: DescriptorOptions): BusyError {
  const address = addressOf(options);
  const state = "an earlier connect took it, and closes it; open another, or say shared";
  return new BusyError(`connect to ${formatAddress(address)}`, state, { address });
}

/** The face of descriptors. */
class DescriptorFlowTransport extends FlowTransport implements DescriptorTransport {
  readonly driver: DriverName;

  constructor(flow: FlowCalls, driver: DriverName) {
    super(flow);
    this.driver = driver;
  }

  override getPeer(): DescriptorAddress {
    return super.getPeer() as DescriptorAddress;
  }

  override getHost(): DescriptorAddress {
    return super.getHost() as DescriptorAddress;
  }
}

/** The system does not tell which way a descriptor was opened, and Node cannot use one twice. */
function bothWays(fd: number): UnsupportedError {
  const why = "Windows does not tell which way it goes: name it as input, or as output";
  return new UnsupportedError(`use descriptor ${fd}`, why);
}

interface Prepared {
  readonly capabilities: ReadonlySet<Capability>;
  readonly driver: DriverName;
  readonly make: (facts: Facts) => OpenableWire;
}

function prepare(options: DescriptorOptions, how: Taking): Prepared {
  if (how.handles !== null) {
    const prepared = how.handles();
    how.took();
    return { ...prepared, driver: how.driver };
  }
  const { input = null, output = null, fd = input === output ? input : null } = options;
  try {
    if (fd === null) return prepareDucts({ kind: "descriptor", input, output }, how);
    if (process.platform === "win32") throw bothWays(fd);
    if (kindOf(fd) === "socket") return prepareSocket(fd, how);
    const ways = waysOf(fd) ?? { reads: true, writes: true };
    const address: DescriptorAddress = {
      kind: "descriptor",
      input: ways.reads ? fd : null,
      output: ways.writes ? fd : null,
    };
    return prepareDucts(address, how);
  } catch (error) {
    if (!(error instanceof Error) || isWireError(error)) throw error;
    const address = addressOf(options);
    const { code, why } = meaningForDescriptor(error, fd ?? input ?? output ?? -1);
    throw new ConnectError(code, formatAddress(address), why, [{ address, error }]);
  }
}

function addressOf({ fd, input = fd, output = fd }: DescriptorOptions): DescriptorAddress {
  return { kind: "descriptor", input: input ?? null, output: output ?? null };
}

function prepareSocket(fd: number, { driver, ownership, took }: Taking): Prepared {
  const address: DescriptorAddress = { kind: "descriptor", input: fd, output: fd };
  const ends = { host: address, peer: address };
  const raw = driver === "native" ? adoptSocket(fd, ownership, ends) : portableSocket(fd);
  took();
  // What comes after a close, and the peer's end, are for the others.
  const capabilities = driver === "native" && ownership === "shared" ? ONE_BY_ONE : SOCKET;
  return { capabilities, driver, make: (facts) => raw.wire(facts, ends) };
}

function portableSocket(fd: number): Pick<RawSocket, "wire"> {
  const socket = new Socket({ fd, allowHalfOpen: true, readable: true, writable: true });
  socket.pause();
  return {
    wire: (facts, ends) => new NodeSocketWire(socket, facts, ends, false),
  };
}

const ANYWHERE: WritingPlace = { flags: 0, position: null };

function prepareDucts(address: DescriptorAddress, { driver, ownership, took }: Taking): Prepared {
  const { input, output } = address;
  const intake = input === null ? null : openIntake(input, { driver, ownership });
  if (intake !== null) took();
  // One number for both directions is let go by the one that reads: the other has its own.
  const isOne = input !== null && input === output;
  let own: number | null = null;
  try {
    const { flags, position } = isOne ? writingPlaceOf(output) : ANYWHERE;
    own = isOne ? secondOf(output, flags) : output;
    const outletOwnership = isOne && own === null ? "shared" : isOne ? "ours" : ownership;
    const outlet =
      output === null
        ? null
        : openOutlet(own ?? output, { driver, ownership: outletOwnership, position });
    took();
    const options = {
      host: address,
      peer: address,
      ...(intake === null ? {} : { intake: intake.make }),
      ...(outlet === null ? {} : { outlet: outlet.make }),
    };
    return {
      capabilities: ONE_BY_ONE,
      driver: driverOf(driver, [intake, outlet]),
      make: (facts) => new DuctWire(facts, options),
    };
  } catch (error) {
    intake?.release();
    if (isOne && own !== null) closeSync(own);
    throw error;
  }
}

/** Another number for writing; `null` where none can be had. */
function secondOf(fd: number, flags: number): number | null {
  // A device opened anew may be another one, as each tunnel is.
  const same = kindOf(fd) === "device" ? duplicateOf(fd) : null;
  const again = constants.O_WRONLY | constants.O_NOCTTY | flags;
  return same ?? reopened(fd, again) ?? duplicateOf(fd);
}
