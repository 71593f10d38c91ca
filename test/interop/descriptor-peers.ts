import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bytes, UnixTransport } from "../../src/contract/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { NativeBuild } from "../native/native-programs.ts";
import { isSameFile, openCount } from "../wires/unix/descriptor-rig.ts";
import { Program } from "./program.ts";
import { Scratch } from "./scratch.ts";

/** Who sends descriptors back, and the program that must be here for it. */
export type PeerName = "python" | "c" | "ours";
export const PEERS: readonly PeerName[] = ["python", "c", "ours"];
export const NEEDED: Readonly<Record<PeerName, string>> = {
  python: "python3",
  c: "gcc",
  ours: "node",
};

/**
 * Passes descriptors to a peer, which passes them back, `each` of them in one message; checks that
 * each comes back, in order, as the same open file, and that neither process keeps one.
 *
 * @param fds what is passed, over and over, `count` times in all: a multiple of `each`.
 */
export async function passAround(
  peer: PeerName,
  fds: readonly number[],
  count: number,
  each: number,
): Promise<void> {
  using scratch = new Scratch();
  const before = openCount();
  const passing = new Passing(fds, count);
  const path = scratch.path("s");
  const port = await unix({ path, driver: "native" }).listen(() => passing);
  using build = new NativeBuild();
  const [command, args] = await commandOf(peer, build, [path, String(each)]);
  await using program = new Program(command, args);
  await Promise.race([passing.done, program.outcome]);
  await port.stopListening();
  const { status, stdout, stderr } = await program.outcome;
  await passing.done;
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), "0", `${peer} keeps descriptors`);
  assert.equal(passing.returnedCount, count);
  assert.equal(passing.strangers, 0, "another open file came back");
  assert.ok(openCount() <= before + CHILD_FDS, "we keep descriptors");
}

/** Our ends of a child's pipes close in their own time. */
const CHILD_FDS = 3;

async function commandOf(
  peer: PeerName,
  build: NativeBuild,
  args: readonly string[],
): Promise<readonly [command: string, args: readonly string[]]> {
  if (peer === "python") return ["python3", ["test/interop/peers/descriptor-peer.py", ...args]];
  if (peer === "c") return [await build.compilePeer("descriptor-peer"), args];
  const script = fileURLToPath(new URL("peers/descriptor-peer.js", import.meta.url));
  return [process.execPath, [script, ...args]];
}

/** Descriptors under way at a time: fewer than a process may have open. */
const WINDOW = 200;

/** Sends descriptors, and looks at what comes back. */
class Passing {
  readonly done: Promise<void>;
  returnedCount = 0;
  strangers = 0;
  #sentCount = 0;
  #transport!: UnixTransport;
  readonly #fds: readonly number[];
  readonly #count: number;
  #finish!: () => void;

  constructor(fds: readonly number[], count: number) {
    this.#fds = fds;
    this.#count = count;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  connectionMade(transport: UnixTransport): void {
    this.#transport = transport;
    this.#send();
  }

  fileDescriptorReceived(fd: number): void {
    if (!isSameFile(fd, this.#at(this.returnedCount))) this.strangers += 1;
    closeSync(fd);
    this.returnedCount += 1;
  }

  dataReceived(_data: Bytes): void {
    this.#send();
    if (this.returnedCount === this.#count) this.#transport.loseConnection();
  }

  connectionLost(): void {
    this.#finish();
  }

  #send(): void {
    const upTo = Math.min(this.#count, this.returnedCount + WINDOW);
    const size = upTo - this.#sentCount;
    for (; this.#sentCount < upTo; this.#sentCount++) {
      void this.#transport.sendFileDescriptor(this.#at(this.#sentCount));
    }
    if (size > 0) this.#transport.write(new Uint8Array(size));
  }

  #at(index: number): number {
    return this.#fds[index % this.#fds.length] as number;
  }
}
