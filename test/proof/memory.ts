import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import type { ProofReport } from "../../tools/proof.ts";
import { Program } from "../interop/program.ts";
import { Programs } from "../interop/programs.ts";
import { RelayCommand } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketAddress, SocketWire } from "../interop/socket-address.ts";
import { freshAddress } from "../interop/socket-address.ts";
import { growthOf, METHOD } from "./memory/weigh.ts";

export const title =
  "Neither a client that floods nor a reader that never reads makes a server or a relay hold more";

const GROWTH_MAX_BYTES = 16 * 2 ** 20;

/** What the server does, and what its client does. */
const SCENES = {
  flood: { server: "never reads", client: flood },
  produce: { server: "produces", client: neverRead },
} as const;

/** The wires on the way: more than one means a relay in between each two. */
const WAYS: readonly (readonly SocketWire[])[] = [["tcp"], ["unix"], ["tcp", "unix", "tcp"]];

export async function prove(report: ProofReport): Promise<void> {
  const durationMs = report.full ? 10_000 : 1000;
  report.fact("method", METHOD);
  report.fact("weighed from 1 s after the connection, for", `${durationMs} ms`);
  for (const name of ["flood", "produce"] as const) {
    const { server, client } = SCENES[name];
    const growths = await Promise.all(WAYS.map((way) => weigh(way, server, client, durationMs)));
    for (const [index, way] of WAYS.entries()) {
      const most = Math.max(...(growths[index] ?? []));
      report.fact(`${name} over ${way.join(" → ")}: growth in KiB`, Math.round(most / 1024));
      assert.ok(most < GROWTH_MAX_BYTES, `${name} over ${way.join(" → ")}: grew by ${most} bytes`);
    }
    report.count(`${name}: processes weighed`, growths.flat().length);
  }
  // The same measure on a source that writes on while it is paused: it must show.
  const [grown = 0] = await weigh(["tcp"], "writes on", neverRead, 1000);
  report.fact("a source that does not obey: growth in KiB", Math.round(grown / 1024));
  assert.ok(grown > GROWTH_MAX_BYTES, "the measure does not see a queue without a bound");
}

/** How much the server and every relay on the way have grown. */
async function weigh(
  way: readonly SocketWire[],
  role: string,
  client: (at: SocketAddress) => Socket,
  durationMs: number,
): Promise<number[]> {
  using scratch = new Scratch();
  await using programs = new Programs();
  const [last = "tcp", ...before] = way.toReversed();
  const script = fileURLToPath(new URL("./memory/held-server.js", import.meta.url));
  const args = [script, role, JSON.stringify(freshAddress(last, scratch))];
  const server = programs.use(new Program(process.execPath, args, { input: "open" }));
  const pids = [server.pid];
  let at = await server.until(({ stdout }) => firstLine(stdout));
  for (const wire of before) {
    const relay = programs.use(await RelayCommand.start(freshAddress(wire, scratch), at));
    pids.push(relay.program.pid);
    at = relay.at;
  }
  const socket = client(at);
  await server.until(({ stdout }) => stdout.includes("connected") || undefined);
  const growth = await growthOf(pids, durationMs);
  server.write("account\n");
  const [, received, accepted] = await server.until(
    ({ stdout }) => ACCOUNT.exec(stdout) ?? undefined,
  );
  // Or it weighed a connection on which nothing happened.
  const moved = Math.max(Number(received), socket.bytesWritten, Number(accepted));
  assert.ok(moved >= 2 ** 18, `only ${moved} bytes were on the way (${role}, ${way.join(" → ")})`);
  socket.destroy();
  return growth;
}

const ACCOUNT = /^account (\d+) (\d+)$/m;

function firstLine(stdout: string): SocketAddress | undefined {
  const end = stdout.indexOf("\n");
  return end < 0 ? undefined : (JSON.parse(stdout.slice(0, end)) as SocketAddress);
}

/** Writes as much as the system takes, and again whenever it takes more. */
function flood(at: SocketAddress): Socket {
  const socket = connect(at);
  const block = Buffer.alloc(64 * 1024, 1);
  const write = (): void => {
    while (socket.write(block));
  };
  socket.on("connect", write);
  socket.on("drain", write);
  socket.on("error", () => {});
  return socket;
}

function neverRead(at: SocketAddress): Socket {
  const socket = connect(at);
  socket.pause();
  socket.on("error", () => {});
  return socket;
}
