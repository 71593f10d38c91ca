import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/contract/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Program } from "../interop/program.ts";
import { Programs } from "../interop/programs.ts";
import { addressIn, OVERWALL } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketAddress } from "../interop/socket-address.ts";
import { socketAddressOf } from "../interop/socket-address.ts";
import { growthOf, METHOD } from "./memory/weigh.ts";
import { atOnce } from "./system/at-once.ts";
import type { SystemWire } from "./system/wires.ts";
import {
  connectingTls,
  connectUrl,
  isTls,
  listenUrl,
  namedPipes,
  placeOn,
  socketOf,
} from "./system/wires.ts";

export const title =
  "Over TLS, processes, standard streams and files, too, a slow reader holds the writer, not the memory";

export const needs: readonly string[] = ["cat", "sleep", "mkfifo", "setpriv"];

const GROWTH_MAX_BYTES = 16 * 2 ** 20;
/** Where much flows, some of it waits for the engine to collect it. */
const FLOWING_GROWTH_MAX_BYTES = 64 * 2 ** 20;

type Role =
  | "stops reading"
  | "reads slowly"
  | "produces"
  | `${"Connection" | "Node stream" | "web streams"}, ${"never reads" | "produces"}`;

/** An end of ours, and whether a relay is between it and the stranger on the other side. */
interface Scene {
  readonly role: Role;
  /** The wire of our end. */
  readonly wire: SystemWire | "file";
  /** The wire that a relay listens on; without it there is none. */
  readonly through?: SystemWire;
}

const DIRECT: readonly Scene[] = (["stops reading", "produces"] as const).flatMap((role) =>
  (["tls+tcp", "tls+unix", "process", "stdio", "file"] as const).map((wire) => ({ role, wire })),
);
const SLOW: readonly Scene[] = (["tls+tcp", "process", "stdio", "file"] as const).map((wire) => ({
  role: "reads slowly",
  wire,
}));
const BRIDGES: readonly Scene[] = (["Connection", "Node stream", "web streams"] as const).flatMap(
  (bridge) =>
    (["never reads", "produces"] as const).map(
      (what): Scene => ({ role: `${bridge}, ${what}`, wire: "tls+tcp" }),
    ),
);
const RELAYED: readonly Scene[] = (["stops reading", "produces"] as const).flatMap((role) =>
  (
    [
      ["tls+tcp", "tcp"],
      ["process", "tls+tcp"],
      ["stdio", "unix"],
      ["unix", "tls+unix"],
    ] as const
  ).map(([through, wire]) => ({ role, through, wire })),
);

export async function prove(report: ProofReport): Promise<void> {
  const durationMs = report.full ? 10_000 : 600;
  report.fact("method", METHOD);
  report.fact("weighed from 1 s after the connection, for", `${durationMs} ms`);
  const all = [...DIRECT, ...SLOW, ...BRIDGES, ...RELAYED];
  const scenes = report.full ? all : all.filter((_, index) => index % 3 === 0);
  let weighed = 0;
  await atOnce(report.full ? 4 : 6, scenes, async (scene) => {
    const what = nameOf(scene);
    const { growths, movedBytes } = await weigh(scene, durationMs);
    const most = Math.max(...growths);
    weighed += growths.length;
    report.fact(`${what}: growth in KiB`, Math.round(most / 1024));
    report.fact(`${what}: moved in KiB`, Math.round(movedBytes / 1024));
    const least = isFlowing(scene) && report.full ? FLOWING_GROWTH_MAX_BYTES : 1;
    assert.ok(movedBytes >= least, `${what}: only ${movedBytes} bytes were on the way`);
    const limit = isFlowing(scene) ? FLOWING_GROWTH_MAX_BYTES : GROWTH_MAX_BYTES;
    assert.ok(most < limit, `${what}: grew by ${most} bytes`);
  });
  report.count("scenes", scenes.length);
  report.count("processes weighed", weighed);
}

/** Whether it goes on for as long as it is weighed. */
function isFlowing({ role, wire }: Scene): boolean {
  return role === "reads slowly" || (wire === "file" && role === "produces");
}

function nameOf({ role, through, wire }: Scene): string {
  return `${role} on ${wire}${through === undefined ? "" : `, through a relay from ${through}`}`;
}

/** How much our end, and the relay if there is one, have grown, and what came or went by then. */
async function weigh(
  scene: Scene,
  durationMs: number,
): Promise<{ readonly growths: readonly number[]; readonly movedBytes: number }> {
  using scratch = new Scratch();
  await using programs = new Programs();
  const stage = new Stage(scene, scratch, programs);
  const { end, pids } = await stage.set();
  await end.until(({ stderr }) => stderr.includes("connected") || undefined);
  const growths = await growthOf(pids, durationMs);
  process.kill(end.pid, "SIGUSR2");
  const [, received, accepted] = await end.until(({ stderr }) => ACCOUNT.exec(stderr) ?? undefined);
  const movedBytes = Number(scene.role.endsWith("produces") ? accepted : received);
  return { growths, movedBytes };
}

const ACCOUNT = /^account (\d+) (\d+)$/m;
const HELD_END = fileURLToPath(new URL("./memory/held-end.js", import.meta.url));

class Stage {
  readonly #scene: Scene;
  readonly #scratch: Scratch;
  readonly #programs: Programs;

  constructor(scene: Scene, scratch: Scratch, programs: Programs) {
    this.#scene = scene;
    this.#scratch = scratch;
    this.#programs = programs;
  }

  async set(): Promise<{ readonly end: Program; readonly pids: readonly number[] }> {
    const { through, wire } = this.#scene;
    if (through === undefined && (wire === "process" || wire === "stdio" || wire === "file")) {
      const end = this.#endBy("connect", this.#urlOf(wire));
      return { end, pids: [end.pid] };
    }
    const listening = wire as SystemWire;
    const url = listenUrl(listening, placeOn(listening, this.#scratch), this.#scratch);
    const end = this.#endBy("listen", url);
    const line = await end.until(({ stderr }) => /^listening (\{.*\}) /m.exec(stderr)?.[1]);
    const at = socketAddressOf(JSON.parse(line) as Address);
    if (through === undefined) {
      this.#stranger(listening, at);
      return { end, pids: [end.pid] };
    }
    const relay = await this.#relay(through, connectUrl(listening, at, this.#scratch));
    return { end, pids: [end.pid, relay.pid] };
  }

  /** The relay, with a stranger on the wire that it listens on. */
  async #relay(through: SystemWire, onto: string): Promise<Program> {
    const isPlace = socketOf(through) !== undefined;
    const from = isPlace
      ? listenUrl(through, placeOn(through, this.#scratch), this.#scratch)
      : this.#urlOf(through);
    const relay = this.#run([process.execPath, OVERWALL, "relay", "--json", from, onto]);
    if (!isPlace) return relay;
    this.#stranger(through, await relay.until(({ stdout }) => addressIn(stdout)));
    return relay;
  }

  #endBy(way: "listen" | "connect", url: string): Program {
    return this.#run([process.execPath, HELD_END, this.#scene.role, way, url]);
  }

  /** Floods where our end reads, and reads nothing where it produces. */
  get #isFlood(): boolean {
    return !this.#scene.role.endsWith("produces");
  }

  /** What there is to connect to, with the stranger that is there. */
  #urlOf(wire: SystemWire | "file"): string {
    if (wire === "process") return this.#isFlood ? "process:cat /dev/zero" : IDLER;
    if (wire === "stdio") return "stdio:";
    if (!this.#isFlood) return "file:///dev/null?write";
    const path = this.#scratch.path("followed");
    writeFileSync(path, "");
    truncateSync(path, FILE_BYTES);
    return `file://${path}?follow`;
  }

  /** Standard streams are named pipes, where they are the wire. */
  #run(command: readonly string[]): Program {
    if (!command.includes("stdio:")) {
      const [first = "", ...rest] = command;
      return this.#start(first, rest);
    }
    const { input, output } = namedPipes(this.#scratch);
    const giving = this.#isFlood ? "exec cat /dev/zero" : "exec sleep 1000";
    this.#start("/bin/sh", ["-c", `${giving} >'${input}'`]);
    this.#start("/bin/sh", ["-c", `exec sleep 1000 <'${output}'`]);
    const script = `exec "$@" <'${input}' >'${output}'`;
    return this.#start("/bin/sh", ["-c", script, "sh", ...command]);
  }

  #start(command: string, args: readonly string[]): Program {
    return this.#programs.use(new Program(command, args));
  }

  /** A socket of plain Node. */
  #stranger(wire: SystemWire, at: SocketAddress): void {
    const { tls } = connectingTls(wire, "1.3");
    const socket = isTls(wire) ? connectTls({ ...at, ...tls }) : connect(at);
    const block = Buffer.alloc(64 * 1024, 1);
    const flood = (): void => {
      while (socket.write(block));
    };
    socket.on("error", () => {});
    this.#programs.use({ [Symbol.asyncDispose]: async () => void socket.destroy() });
    if (!this.#isFlood) {
      socket.pause();
      return;
    }
    socket.on(isTls(wire) ? "secureConnect" : "connect", flood);
    socket.on("drain", flood);
  }
}

/** Ends with us: nothing else tells it that nobody is there. */
const IDLER = "process:setpriv --pdeathsig KILL sleep 1000";
/** Of zeros that are nowhere. */
const FILE_BYTES = 64 * 2 ** 30;
