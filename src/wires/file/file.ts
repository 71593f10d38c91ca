import { close, constants, open as openFile } from "node:fs";
import type {
  Capability,
  ClientEndpoint,
  EndpointOptions,
  FileAddress,
  Protocol,
} from "../../contract/index.ts";
import { ConnectError, formatAddress, resolveLimits } from "../../contract/index.ts";
import { checkProtocol } from "../../flow/index.ts";
import type { DuctWireOptions } from "../_drivers/duct-wire.ts";
import { DuctWire } from "../_drivers/duct-wire.ts";
import { errnoOf, meaningForOpen } from "../_drivers/errno.ts";
import { openIntake, openOutlet } from "../_drivers/open-duct.ts";
import { openWire } from "../_drivers/open-wire.ts";

export interface FileOptions {
  readonly path: string;
  /**
   * - `read` (the default): from its beginning to its end.
   * - `follow`: the same, and then what is added to it; one that became shorter begins anew. The
   *   file is followed, not its name: one that takes its name later is not read.
   * - `write`: in the place of what was there, if anything.
   * - `append`: behind what was there, whoever else appends.
   */
  readonly way?: "read" | "follow" | "write" | "append";
  /** Of a file that is made. Default `0o666`, less the umask. */
  readonly mode?: number;
}

/**
 * A file as a connection in one direction. Reading has ended our direction from the start; when
 * writing, the peer's end comes with ours.
 *
 * `sent` counts what the system took, to the byte: a full disk is `lost` by `wire` with ENOSPC as
 * the cause of its error, and the ledger says how much was written. A named pipe is taken as one:
 * read from its first writer on to the end of its last; refused to a writer while nobody reads it.
 * **Not promised:** that what was written has reached the disk.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @see twisted.internet.protocol.FileWrapper: here a close is ordered, and errors are told.
 */
export function file(options: FileOptions): ClientEndpoint {
  if (typeof options?.path !== "string") throw new TypeError("file(): path must be a string");
  const { mode = 0o666, path, way = "read" } = options;
  if (path === "" || path.includes("\0")) {
    throw new RangeError("file(): path must not be empty, and must not contain a zero byte");
  }
  if (!Object.hasOwn(FLAGS, way)) {
    throw new RangeError(`file(): way must be read, follow, write or append, not ${String(way)}`);
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new RangeError(`file(): mode must be a whole number from 0 to 0o777, not ${mode}`);
  }
  const resolved = { mode, path: ofSystem(path), way };
  return { connect: (protocol, given) => open(resolved, protocol, given) };
}

/** Behind `file://` a drive follows a slash. */
function ofSystem(path: string): string {
  return process.platform === "win32" && /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/** Non-blocking: a named pipe that nobody has opened would hold a thread otherwise. */
const FLAGS: Readonly<Record<NonNullable<FileOptions["way"]>, number>> = {
  read: O_RDONLY | (O_NONBLOCK ?? 0),
  follow: O_RDONLY | (O_NONBLOCK ?? 0),
  write: O_WRONLY | O_CREAT | O_TRUNC | (O_NONBLOCK ?? 0),
  append: O_WRONLY | O_CREAT | O_APPEND | (O_NONBLOCK ?? 0),
};

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "backPressure",
]);

async function open<P extends Protocol>(
  options: Required<FileOptions>,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol);
  given.signal?.throwIfAborted();
  const address: FileAddress = { kind: "file", path: options.path };
  const fd = await opened(options, address);
  if (given.signal?.aborted === true) {
    close(fd, () => undefined);
    throw given.signal.reason;
  }
  const ducts = ductOf(fd, options, address);
  await new Promise<void>((resolve, reject) => {
    openWire((facts) => new DuctWire(facts, { host: address, peer: address, ...ducts }), given, {
      capabilities: CAPABILITIES,
      limits,
      accept: () => protocol,
      begun: (error) => (error === undefined ? resolve() : reject(error)),
    });
  });
  return protocol;
}

function opened({ mode, path, way }: Required<FileOptions>, address: FileAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    openFile(path, FLAGS[way], mode, (error, fd) => {
      if (error === null) resolve(fd);
      else reject(refusal(error, address));
    });
  });
}

function ductOf(
  fd: number,
  { way }: Required<FileOptions>,
  address: FileAddress,
): Pick<DuctWireOptions, "intake" | "outlet"> {
  try {
    if (way === "write" || way === "append") return { outlet: openOutlet(fd, OURS).make };
    return { intake: openIntake(fd, { ...OURS, follow: way === "follow" }).make };
  } catch (error) {
    close(fd, () => undefined);
    throw error instanceof Error ? refusal(error, address) : error;
  }
}

/** A named pipe is carried as everywhere; what is a file needs no driver. */
const OURS = { driver: "portable", ownership: "ours" } as const;

function refusal(error: Error, address: FileAddress): ConnectError {
  const { code, why } =
    errnoOf(error) === "ENXIO"
      ? ({ code: "ERR_WIRE_REFUSED", why: "it is a named pipe that nobody reads" } as const)
      : meaningForOpen(error);
  return new ConnectError(code, formatAddress(address), why, [{ address, error }]);
}
