import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The tables that are shared with the compiled part; see native/src/reactor.h. */
export interface Tables {
  readonly events: ArrayBuffer;
  readonly names: ArrayBuffer;
  readonly rights: ArrayBuffer;
  readonly operations: ArrayBuffer;
  readonly arena: ArrayBuffer;
  readonly carried: ArrayBuffer;
}

/** The name of a socket: 4, 6, 1 (UNIX) or 0 (none); the port; the address or path as bytes. */
export type NativeName = readonly [family: number, port: number, text: Uint8Array];

/**
 * Called with how many events there are, and the blocks that are new.
 *
 * @returns where in the big block that begins which nobody keeps and is read into again; below 0
 *   there is nothing of the kind.
 */
export type Dispatch = (
  count: number,
  big: ArrayBuffer | undefined,
  ...small: readonly ArrayBuffer[]
) => number;

/** The compiled part: one reactor for each thread. Negative numbers are -errno. */
export interface Addon {
  /**
   * Once a thread.
   *
   * @param end called behind each `dispatch`; on the event loop, when ticks and promises of it have
   *   run.
   * @param isThreaded waits in a thread, where the event loop cannot be had.
   */
  start(dispatch: Dispatch, end: () => void, isThreaded: boolean): Tables;
  /** Where a thread waits: what was dispatched last has been looked at, in a turn of its own. */
  goOn(): void;
  /** Runs `length` numbers of operations. */
  run(length: number, references: readonly Uint8Array[]): void;
  listenTcp(host: string, port: number, backlog: number, ipv6Only: boolean): number;
  listenUnix(path: Uint8Array, backlog: number): number;
  connectTcp(host: string, port: number, localHost: string | undefined, localPort: number): number;
  connectUnix(path: Uint8Array): number;
  adopt(fd: number, traits: number): number;
  detach(slot: number): number;
  /** From now on what is read in `from` goes to `to`, uncollected; see `carried`. */
  carry(from: number, to: number, holdsMax: number): number;
  stopCarrying(to: number): void;
  name(slot: number, isPeer: boolean): NativeName | number;
  setNoDelay(slot: number, enabled: boolean): number;
  setKeepAlive(slot: number, enabled: boolean, delaySeconds: number): number;
  unacknowledged(slot: number): number;
  /** @param rights how many descriptors came along, then those. */
  readNow(slot: number, into: Uint8Array, rights: Int32Array): number;
  /** Starts a program: two descriptors and its process id; or -errno, and where it failed. */
  startOnTerminal(
    candidates: readonly string[],
    words: readonly string[],
    environment: readonly string[],
    folder: string | undefined,
    columns: number,
    rows: number,
    isRaw: boolean,
  ):
    | readonly [master: number, watch: number, pid: number]
    | readonly [failure: number, stage: number];
  /** Kills a program that no slot watches, and reaps it. */
  endProgram(pid: number): number;
  resizeTerminal(slot: number, columns: number, rows: number): number;
  /** The status of a process that has exited: an exit code, or -1 and a signal. */
  reap(slot: number): readonly [exitCode: number, signal: number] | number;
  /** Two ends of a pipe: ours does not wait; both are close-on-exec, and in no slot. */
  makePipe(weRead: boolean): readonly [ours: number, theirs: number] | number;
  /** Makes a descriptor ours alone, as far as that can be: not waiting, and close-on-exec. */
  takeOver(fd: number): number;
  /** How many bytes can be read from a descriptor at once. */
  unread(fd: number): number;
  /** A duplicate of any descriptor, close-on-exec. */
  duplicate(fd: number): number;
  /** Of a descriptor that no slot has. */
  closeDescriptor(fd: number): number;
  /** Whether the process stays while the slot is open; at first it does. */
  keepProcess(slot: number, keeps: boolean): void;
  counts(): readonly [openSlots: number, lentBlocks: number];
}

let loaded: Addon | Error | undefined;

/** Why the native driver cannot be used here; `null` when it can. */
export function whyNotNative(): string | null {
  loaded ??= load();
  return loaded instanceof Error ? loaded.message : null;
}

/** @throws the reason of `whyNotNative`. */
export function addon(): Addon {
  loaded ??= load();
  if (loaded instanceof Error) throw loaded;
  return loaded;
}

/** OVERWALL_ADDON names one that was compiled elsewhere, or with other flags. */
function load(): Addon | Error {
  const { arch, platform } = process;
  if (platform !== "linux") return new Error(`it is made for Linux, and this is ${platform}`);
  const require = createRequire(import.meta.url);
  const asked = process.env["OVERWALL_ADDON"];
  if (asked !== undefined) return tried(() => require(asked) as Addon);
  const target = `${platform}-${arch}`;
  const own = tried(() => require(join(packageFolder(require), BUILD, `${target}.node`)) as Addon);
  if (!(own instanceof Error)) return own;
  const failures: string[] = [own.message];
  // Which of the two it is shows when it is loaded: the other one does not load.
  for (const name of [`@overwall/native-${target}`, `@overwall/native-${target}-musl`]) {
    const compiled = tried(() => compiledIn(require, name));
    if (!(compiled instanceof Error)) return compiled;
    failures.push(compiled.message);
  }
  const [first] = failures.filter((message) => !message.startsWith("Cannot find module"));
  const what = first === undefined ? "" : ` (${first})`;
  return new Error(`its compiled part is not here${what}; ${remedy(require, target)}`);
}

const BUILD = "native/build";

/** The tables are laid out as this version has them. */
function compiledIn(require: NodeJS.Require, name: string): Addon {
  const ours = versionOf(require, "overwall");
  const version = versionOf(require, name);
  if (version !== ours) throw new Error(`${name} is of version ${version}, not ${ours}`);
  return require(name) as Addon;
}

function versionOf(require: NodeJS.Require, name: string): string {
  return (require(`${name}/package.json`) as { readonly version: string }).version;
}

function packageFolder(require: NodeJS.Require): string {
  return dirname(require.resolve("overwall/package.json"));
}

function remedy(require: NodeJS.Require, target: string): string {
  const folder = tried(() => packageFolder(require));
  const build =
    folder instanceof Error ? "npm run build" : `node ${join(folder, "native/build.js")}`;
  const install = `npm install @overwall/native-${target}`;
  return `run "${install}", or with gcc: "npm install node-api-headers", then "${build}"`;
}

/** What it gives; an error says in one line why not. */
function tried<T>(load: () => T): T | Error {
  try {
    return load();
  } catch (error) {
    return new Error(error instanceof Error ? error.message.split("\n")[0] : String(error));
  }
}
