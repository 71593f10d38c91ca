import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../../src/contract/index.ts";
import { relay } from "../../src/join/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Program } from "../interop/program.ts";
import { RelayCommand } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketAddress, SocketWire } from "../interop/socket-address.ts";
import {
  endpointAt,
  freshAddress,
  pairsOf,
  SOCKET_WIRES,
  socketAddressOf,
} from "../interop/socket-address.ts";
import { ANSWER, Asker, answerLate, ask, LateAnswerer, QUESTION } from "./peers/late-peers.ts";

export const title =
  "A reply that comes long after the client has ended its side arrives whole through every relay";

export async function prove(report: ProofReport): Promise<void> {
  const delayMs = report.full ? 1500 : 200;
  report.fact("the reply comes after", `${delayMs} ms`);
  const pairs = pairsOf(["tcp", "unix", "memory"] as const);
  await Promise.all(pairs.map(([from, onto]) => proveInLibrary(from, onto, delayMs)));
  report.count("pairs of wires, in the library", pairs.length);
  const socketPairs = pairsOf(SOCKET_WIRES);
  await Promise.all(socketPairs.map(([from, onto]) => proveByCommand(from, onto, delayMs)));
  report.count("pairs of wires, through the command", socketPairs.length);
  await seeNaivePipeFail(report, delayMs);
}

async function proveByCommand(from: SocketWire, onto: SocketWire, delayMs: number): Promise<void> {
  using scratch = new Scratch();
  await using server = await answerLate(freshAddress(onto, scratch), delayMs);
  await using command = await RelayCommand.start(freshAddress(from, scratch), server.at);
  const reply = await ask(command.at);
  assert.ok(reply.equals(ANSWER), `${from} to ${onto}: ${reply.length} bytes`);
  const [closing] = await command.closings(1);
  assert.deepEqual(closing, {
    bytesToTarget: QUESTION.length,
    bytesFromTarget: ANSWER.length,
    kinds: ["done", "done"],
  });
}

/** The same check through `a.pipe(b); b.pipe(a)`: it must fail, or it would prove nothing. */
async function seeNaivePipeFail(report: ProofReport, delayMs: number): Promise<void> {
  for (const wire of SOCKET_WIRES) {
    using scratch = new Scratch();
    await using server = await answerLate(freshAddress(wire, scratch), delayMs);
    const ends = [freshAddress(wire, scratch), server.at].map((at) => JSON.stringify(at));
    const script = fileURLToPath(new URL("../controls/naive-pipe.js", import.meta.url));
    await using pipe = new Program(process.execPath, [script, ...ends]);
    const at = await pipe.until(({ stdout }) =>
      stdout.endsWith("\n") ? (JSON.parse(stdout) as SocketAddress) : undefined,
    );
    const reply = await ask(at);
    assert.notEqual(
      reply.length,
      ANSWER.length,
      `${wire}: the check holds for a naive pipe as well`,
    );
    report.count(`${wire}: naive pipe seen failing`, 1);
    report.fact(`${wire}: bytes through a naive pipe`, reply.length);
  }
}

type Wire = "tcp" | "unix" | "memory";

async function proveInLibrary(from: Wire, onto: Wire, delayMs: number): Promise<void> {
  using scratch = new Scratch();
  const network = memoryNetwork();
  const place = (wire: Wire, name: string): Endpoint =>
    wire === "memory" ? network.endpoint(name) : endpointAt(freshAddress(wire, scratch));
  const servers: LateAnswerer[] = [];
  await using target = await place(onto, "target").listen(() => {
    const server = new LateAnswerer(delayMs);
    servers.push(server);
    return server;
  });
  const reach = (wire: Wire, name: string, host: ReturnType<typeof target.getHost>): Endpoint =>
    wire === "memory" ? network.endpoint(name) : endpointAt(socketAddressOf(host));
  const joined = await relay(place(from, "front"), reach(onto, "target", target.getHost()));
  try {
    const client = await reach(from, "front", joined.getHost()).connect(new Asker());
    const what = `${from} to ${onto}`;
    const { kind, by, code } = await client.lost;
    assert.deepEqual({ kind, by, code }, { kind: "done", by: "us", code: undefined }, what);
    assert.ok(Buffer.concat(client.got).equals(ANSWER), what);
    assert.equal(Buffer.concat(servers[0]?.got ?? []).toString(), "hello", what);
  } finally {
    await joined.close();
  }
}
