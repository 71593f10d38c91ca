import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "../../interop/program.ts";
import { Programs } from "../../interop/programs.ts";
import type { Closing } from "../../interop/relay-command.ts";
import { addressIn, closingsIn, OVERWALL } from "../../interop/relay-command.ts";
import { Scratch } from "../../interop/scratch.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import type { Act, Ends, PeerResult, SystemPeerOptions } from "./peer.ts";
import { peerCommand } from "./peer.ts";
import type { SystemWire, TlsVersion } from "./wires.ts";
import {
  connectingTls,
  connectUrl,
  listeningTls,
  listenUrl,
  namedPipes,
  placeOn,
  processUrl,
} from "./wires.ts";

/** Two peers, and the command between them. */
export interface Relayed {
  /** The wire that LISTEN names. */
  readonly from: SystemWire;
  /** The wire that CONNECT names. */
  readonly onto: SystemWire;
  /** What the peer on the side of LISTEN does. */
  readonly near: Act;
  /** What the peer on the side of CONNECT does. */
  readonly far: Act;
  readonly byteCount: number;
  readonly delayMs?: number;
  readonly version: TlsVersion;
}

export interface RelayedResult {
  readonly near: PeerResult;
  readonly far: PeerResult;
  readonly closing: Closing;
}

/** Lets one connection run its course through `overwall relay`, and tells what both peers got. */
export async function relayPeers(relayed: Relayed): Promise<RelayedResult> {
  using scratch = new Scratch();
  await using programs = new Programs();
  const stage = new Stage(relayed, scratch, programs);
  const far = await stage.setFar();
  const near = stage.planNear();
  const command = [process.execPath, OVERWALL, "relay", "--json", near.listen, far.connect];
  const pipes = near.pipes ?? far.pipes;
  // What names standard streams has its events on standard error.
  const [first = "", ...words] = pipes === undefined ? command : redirected(command, pipes);
  const relay = programs.use(new Program(first, words, { timeoutMs: PATIENCE_MS }));
  const eventsOf = ({ stdout, stderr }: Program): string => (pipes === undefined ? stdout : stderr);
  far.begin?.();
  if (near.begin !== undefined) {
    const begin = near.begin;
    const needsPlace = near.pipes === undefined;
    const at = needsPlace
      ? await relay.until((program) => addressIn(eventsOf(program)))
      : undefined;
    begin(at);
  }
  const what = `${relayed.from} to ${relayed.onto}`;
  const waiting = { what, told: () => eventsOf(relay) };
  const results = await Promise.all([
    reportIn(near.report, waiting),
    reportIn(far.report, waiting),
  ]);
  const [closing] = await relay.until((program) => {
    const closings = closingsIn(eventsOf(program));
    return closings.length > 0 ? closings : undefined;
  });
  assert.ok(closing !== undefined);
  const endsByItself = relayed.from === "process" || relayed.from === "stdio";
  const { status, stderr } = endsByItself ? await relay.outcome : await relay.stop("SIGTERM");
  assert.equal(status, 0, `${what}: ${stderr}`);
  if (pipes === undefined) assert.equal(stderr, "", what);
  return { near: results[0], far: results[1], closing };
}

/** Far longer than any of it takes. */
const PATIENCE_MS = 30_000;

interface Side {
  readonly report: string;
  /** Starts the peer, unless the command does. */
  readonly begin?: (at?: SocketAddress) => void;
  readonly pipes?: { readonly input: string; readonly output: string };
}

class Stage {
  readonly #relayed: Relayed;
  readonly #scratch: Scratch;
  readonly #programs: Programs;

  constructor(relayed: Relayed, scratch: Scratch, programs: Programs) {
    this.#relayed = relayed;
    this.#scratch = scratch;
    this.#programs = programs;
  }

  /** The side of CONNECT: a listener is there before anybody connects. */
  async setFar(): Promise<Side & { readonly connect: string }> {
    const { far: act, onto, version } = this.#relayed;
    if (onto === "process") {
      const { report, words } = this.#peer(act, { by: "standard streams" });
      return { report, connect: processUrl(words) };
    }
    if (onto === "stdio") return { ...this.#piped(act), connect: "stdio:" };
    const at = placeOn(onto, this.#scratch);
    const peer = this.#peer(act, { by: "listening", at, ...listeningTls(onto, version) });
    const program = this.#start(peer.words);
    const bound = await program.until(({ stdout }) => /^.*\n/.exec(stdout)?.[0]);
    const place = JSON.parse(bound) as SocketAddress;
    return { report: peer.report, connect: connectUrl(onto, place, this.#scratch) };
  }

  /** The side of LISTEN: whoever connects does so when the command listens. */
  planNear(): Side & { readonly listen: string } {
    const { near: act, from, version } = this.#relayed;
    if (from === "process") {
      const { report, words } = this.#peer(act, { by: "standard streams" });
      return { report, listen: processUrl(words) };
    }
    if (from === "stdio") return { ...this.#piped(act), listen: "stdio:" };
    const report = this.#scratch.path("near-report");
    const begin = (at?: SocketAddress): void => {
      if (at === undefined) throw new Error("Cannot connect: nobody listens");
      const ends: Ends = { by: "connecting", at, ...connectingTls(from, version) };
      this.#start(this.#peer(act, ends, report).words);
    };
    return { report, begin, listen: listenUrl(from, placeOn(from, this.#scratch), this.#scratch) };
  }

  #piped(act: Act): Side {
    const { ends, ...pipes } = namedPipes(this.#scratch);
    const { report, words } = this.#peer(act, ends);
    return { report, pipes, begin: () => void this.#start(words) };
  }

  #peer(act: Act, ends: Ends, report?: string): ReturnType<typeof peerCommand> {
    const { byteCount, delayMs = 0 } = this.#relayed;
    const options: Omit<SystemPeerOptions, "report"> = { ends, act, byteCount, delayMs };
    return peerCommand(this.#scratch, options, report);
  }

  #start([command = "", ...args]: readonly string[]): Program {
    return this.#programs.use(new Program(command, args, { timeoutMs: PATIENCE_MS }));
  }
}

/** The same command with these pipes as its standard streams. */
function redirected(
  command: readonly string[],
  { input, output }: NonNullable<Side["pipes"]>,
): readonly string[] {
  return ["/bin/sh", "-c", `exec "$@" <'${input}' >'${output}'`, "sh", ...command];
}

async function reportIn(
  path: string,
  { what, told }: { readonly what: string; readonly told: () => string },
): Promise<PeerResult> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!existsSync(path)) {
    if (performance.now() > endMs) {
      throw new Error(`${what}: a peer has not done within ${PATIENCE_MS} ms; ${told()}`);
    }
    await sleep(5);
  }
  return JSON.parse(readFileSync(path, "utf8")) as PeerResult;
}
