import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { chmodSync, linkSync, lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import type { WireErrorCode } from "../../contract/index.ts";
import { ListenError } from "../../contract/index.ts";
import type { Meaning } from "../_drivers/errno.ts";
import { errnoOf, meaningForListen } from "../_drivers/errno.ts";
import { pathMaxBytes } from "./unix-name.ts";

/** Binds a server to a path. */
export type BindTo<S> = (path: string) => Promise<S>;

/** A server that can be let go again. */
export interface Closable {
  close(): void;
}

export interface BoundFile<S> {
  readonly server: S;
  readonly file: SocketFile;
}

/** The file of a listening socket. */
export interface SocketFile {
  /** Removes it, if it is still the one that was made. Never throws. */
  release(): void;
}

/**
 * Binds a socket at `path` with `mode`, taking the place of nothing but a socket that nobody
 * listens on any more.
 *
 * The socket is bound to a private name in the same directory, gets its mode there, and appears at
 * `path` complete, by a link that fails where something is. The system goes on calling it by its
 * private name (`ss` shows that one); when the server closes, Node removes that name, not `path`.
 * Where the private name would not fit, or the file system has no links, it is bound at `path`:
 * then Node removes `path` when the server closes, even if another program has replaced it.
 *
 * @throws {ListenError} ADDRESS_IN_USE, PERMISSION, … saying what is there and what to do.
 */
export async function bindSocketFile<S extends Closable>(
  bind: BindTo<S>,
  path: string,
  mode: number,
): Promise<BoundFile<S>> {
  try {
    const temporary = temporaryName(path);
    const linked = temporary === null ? null : await bindAndLink(bind, temporary, path, mode);
    const server = linked ?? (await bindAt(bind, path, mode));
    return { server, file: fileOf(server, path) };
  } catch (error) {
    if (error instanceof ListenError || !(error instanceof Error)) throw error;
    const { code, why } = isWithoutDirectory(path, error) ? NO_DIRECTORY : meaningForListen(error);
    throw refusal(path, code, why, error);
  }
}

function fileOf(server: Closable, path: string): SocketFile {
  try {
    const own = lstatSync(path, { bigint: true });
    return { release: () => release(path, own) };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Node says EACCES, "permission denied", of a directory that does not exist; the system ENOENT. */
function isWithoutDirectory(path: string, error: Error): boolean {
  if (errnoOf(error) !== "EACCES" && errnoOf(error) !== "ENOENT") return false;
  try {
    return lstatSync(dirname(path), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** How often the way to `path` is cleared before whoever keeps putting something there has it. */
const TRIES_MAX = 3;

/** A name that only we use, in the directory of `path`; `null` when none fits. */
function temporaryName(path: string): string | null {
  const id = randomBytes(4).toString("hex");
  const names = [`.${basename(path)}.${id}`, `.${id}`].map((name) => join(dirname(path), name));
  return names.find((name) => Buffer.byteLength(name) <= pathMaxBytes()) ?? null;
}

/** `null` when the file system has no links: nothing is bound then. */
async function bindAndLink<S extends Closable>(
  bind: BindTo<S>,
  temporary: string,
  path: string,
  mode: number,
): Promise<S | null> {
  const server = await bind(temporary);
  try {
    chmodSync(temporary, mode);
    await untilFree(path, () => linkSync(temporary, path));
    return server;
  } catch (error) {
    server.close();
    if (NO_LINKS.has(errnoOf(error))) return null;
    throw error;
  } finally {
    removeQuietly(temporary);
  }
}

const NO_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);

async function bindAt<S extends Closable>(bind: BindTo<S>, path: string, mode: number): Promise<S> {
  const server = await untilFree(path, () => bind(path));
  try {
    chmodSync(path, mode);
    return server;
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Does `take`, again after each time that a dead socket was in its way. */
async function untilFree<R>(path: string, take: () => R | Promise<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await take();
    } catch (error) {
      const isTaken = errnoOf(error) === "EEXIST" || errnoOf(error) === "EADDRINUSE";
      if (!isTaken) throw error;
      if (tries === TRIES_MAX) throw refusal(path, "ERR_WIRE_ADDRESS_IN_USE", CONTESTED, error);
      await clear(path);
    }
  }
}

/** Removes a socket that nobody listens on. @throws {ListenError} when something else is there. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw refusal(path, "ERR_WIRE_ADDRESS_IN_USE", NOT_A_SOCKET);
  const failure = await probe(path);
  if (failure === null) throw refusal(path, "ERR_WIRE_ADDRESS_IN_USE", ALIVE);
  const errno = errnoOf(failure);
  if (errno === "ENOENT") return;
  if (errno !== "ECONNREFUSED") throw refusal(path, "ERR_WIRE_ADDRESS_IN_USE", UNCLEAR, failure);
  // A dead socket's number is free for the next file: the time tells the two apart.
  removeIf(path, (now) => isSameFile(now, found) && now.ctimeNs === found.ctimeNs);
}

/** While a server holds its socket open, no other file gets its number. */
function release(path: string, own: BigIntStats): void {
  try {
    removeIf(path, (now) => isSameFile(now, own));
  } catch {
    // Its directory can no longer be searched: the file is out of our hands.
  }
}

/** Connects and lets go; resolves to why that failed, or `null`. A full queue is a live server. */
function probe(path: string): Promise<Error | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(null);
    });
    socket.once("error", (error) => resolve(errnoOf(error) === "EAGAIN" ? null : error));
  });
}

/** Looks and removes with nothing of this process between, so that the gap is small. */
function removeIf(path: string, isOwn: (found: BigIntStats) => boolean): void {
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (now !== undefined && isOwn(now)) removeQuietly(path);
}

function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or no longer ours to remove: either way it is not in our hands.
  }
}

function refusal(path: string, code: WireErrorCode, why: string, cause?: unknown): ListenError {
  return new ListenError(code, `unix://${path}`, why, { cause, address: { kind: "unix", path } });
}

const NO_DIRECTORY: Meaning = {
  code: "ERR_WIRE_BROKEN",
  why: "its directory does not exist; make the directory first",
};
const NOT_A_SOCKET = "a file that is not a socket is there; remove it, or choose another path";
const ALIVE = "a server listens there already; stop it, or choose another path";
const UNCLEAR = "a socket is there that cannot be tried; remove it if nobody uses it";
const CONTESTED = "other programs keep taking the path; stop them, or choose another path";
