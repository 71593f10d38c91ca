import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { CloseReason, Protocol, UnixTransport } from "../../src/contract/index.ts";
import { resolveLimits } from "../../src/contract/index.ts";
import { Flow } from "../../src/flow/index.ts";
import { loopback } from "../../src/memory/index.ts";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { unix } from "../../src/wires/unix/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Scratch } from "../interop/scratch.ts";
import { endpointAt, freshAddress, listen, SOCKET_WIRES } from "../interop/socket-address.ts";
import { Actor } from "./reasons/actor.ts";
import { assertReason, codesNeverTold } from "./reasons/compare.ts";
import type { Wire } from "./reasons/meeting.ts";
import { isSecure, meet, SECURE_WIRES, WIRES } from "./reasons/meeting.ts";
import { PROCESS_ROWS, playNoProcess, playProcess } from "./reasons/process-rows.ts";
import type { Expected, Row } from "./reasons/rows.ts";
import { ROWS } from "./reasons/rows.ts";
import { playNoFile, playStream, STREAM_ROWS } from "./reasons/stream-rows.ts";
import { TLS_SCENES } from "./reasons/tls-rows.ts";

export const title =
  "Every way a connection can end is told as the table of reasons has it, with the whole account";

export async function prove(report: ProofReport): Promise<void> {
  const rounds = report.full ? 20 : 1;
  let compared = 0;
  for (let round = 0; round < rounds; round++) {
    for (const row of ROWS) {
      for (const wire of row.wires ?? WIRES) compared += await play(row, wire);
    }
    for (const wire of SOCKET_WIRES) compared += await playResetByStranger(wire);
    for (const wire of [...SOCKET_WIRES, ...SECURE_WIRES]) {
      compared += (await playEndlessChatter(wire)) + (await playLingerMax(wire));
    }
    compared += await playLingerMax("memory");
    for (const wire of SECURE_WIRES) {
      for (const play of Object.values(TLS_SCENES)) compared += await play(wire);
    }
    for (const [name, row] of Object.entries(PROCESS_ROWS)) {
      compared += await playProcess(name, row);
    }
    for (const [name, row] of Object.entries(STREAM_ROWS)) compared += await playStream(name, row);
    compared += (await playNoProcess()) + (await playNoFile());
    compared += await playBrokenPipe();
    if (passesDescriptors) compared += await playOverrun();
    compared += (await playHandshake()) + (await playBroken());
  }
  const names = ROWS.map(({ name }) => name);
  const tables = [TLS_SCENES, PROCESS_ROWS, STREAM_ROWS];
  const alone = [...ALONE, ...tables.flatMap((table) => Object.keys(table))];
  for (const name of [...names, ...alone]) report.log(`provoked: ${name}`);
  report.count("rows", names.length + alone.length);
  report.count("reasons compared", compared);
  const untellable = passesDescriptors ? [] : ["ERR_WIRE_DESCRIPTOR_OVERRUN"];
  report.fact("cannot be told on this driver", untellable.join(", ") || "none");
  assert.deepEqual(codesNeverTold(untellable), [], "codes of the table that were never told");
}

const ALONE = [
  "reset by a stranger that left our bytes unread",
  "the peer is gone when we write",
  "linger, the peer chatting for ever",
  "linger, too many at once",
  "handshake",
  "the wire broke",
  "a close with descriptors left, and no byte for them",
];

const passesDescriptors = chosenDriver().name === "native";

async function play(row: Row, wire: Wire): Promise<number> {
  const [near, far] = [new Actor(row.near), new Actor(row.far)];
  const what = `${row.name} (${wire})`;
  let compared = 0;
  await meet(wire, { near, far }, row.limits ?? {}, async () => {
    const reason = await near.lost;
    const expected = expectedOn(wire, row.nearIs);
    assertReason(reason, row.isSentOpen === true ? asFarAsSent(expected, reason) : expected, what);
    compared += 1;
    if (row.farIs === undefined) return;
    assertReason(await far.lost, expectedOn(wire, row.farIs), `${what}, the other end`);
    compared += 1;
  });
  return compared;
}

function expectedOn(wire: Wire, expected: Row["nearIs"]): Expected {
  const told = typeof expected === "function" ? expected(wire) : expected;
  return isSecure(wire) ? { ...told, via: "any" } : told;
}

/** With whatever was sent, as long as it balances. */
function asFarAsSent(expected: Expected, { ledger }: CloseReason): Expected {
  const { sent, unsent, inFlight } = ledger;
  assert.equal(sent + unsent, expected.ledger.accepted);
  assert.ok(inFlight <= unsent);
  return { ...expected, ledger: { ...expected.ledger, sent, unsent, inFlight } };
}

/**
 * A plain socket that closes with our bytes unread: the kernel tells us of a reset, on UNIX too.
 */
async function playResetByStranger(wire: (typeof SOCKET_WIRES)[number]): Promise<number> {
  using scratch = new Scratch();
  const server = createServer({ pauseOnConnect: true });
  const at = await listen(server, freshAddress(wire, scratch));
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = await endpointAt(at).connect(new Actor({ made: (actor) => actor.write(3) }));
  const [socket] = await accepted;
  await near.transport.flushed();
  socket.destroy();
  const ledger = { accepted: 3, sent: 3 };
  const code = "ERR_WIRE_RESET";
  const expected = { kind: "lost", by: "peer", code, message: /reset/, ledger } as const;
  assertReason(await near.lost, expected, `reset by a stranger (${wire})`);
  await new Promise((resolve) => server.close(resolve));
  return 1;
}

/** A descriptor travels with a byte: a close that leaves one behind is told as that. */
async function playOverrun(): Promise<number> {
  using scratch = new Scratch();
  const path = scratch.path("overrun");
  const port = await unix({ path }).listen(() => new Actor({}));
  const near = await unix({ path }).connect(
    new Actor({
      made: ({ transport }) => {
        void (transport as UnixTransport).sendFileDescriptor(2).catch(() => undefined);
        transport.loseConnection();
      },
    }),
  );
  const code = "ERR_WIRE_DESCRIPTOR_OVERRUN";
  const expected = { kind: "failed", by: "us", code, message: /descriptor/, ledger: {} } as const;
  assertReason(await near.lost, expected, "descriptors left");
  await port.stopListening();
  return 1;
}

/** A plain socket that is gone while we do not read: we learn of it when we write. */
async function playBrokenPipe(): Promise<number> {
  using scratch = new Scratch();
  const server = createServer((socket) => socket.destroy());
  const at = await listen(server, freshAddress("unix", scratch));
  const near = await endpointAt(at).connect(
    new Actor({ made: (actor) => actor.transport.pauseProducing() }),
  );
  await new Promise((resolve) => server.close(resolve));
  near.write(4);
  const ledger = { accepted: 4, unsent: 4, inFlight: 4 };
  const expected = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET", message: /./ } as const;
  assertReason(await near.lost, { ...expected, ledger }, "broken pipe");
  return 1;
}

/**
 * What is received while lingering depends on when the bound strikes; that it balances does not.
 */
async function playEndlessChatter(wire: Wire): Promise<number> {
  const near = new Actor({ made: (actor) => actor.close() });
  const chat = (actor: Actor): void => {
    if (actor.isLost) return;
    actor.write(1);
    setTimeout(chat, 5, actor);
  };
  const far = new Actor({ halfOpen: true, made: chat });
  const limits = { lingerTotalMs: 60, lingerIdleMs: 50 };
  await meet(wire, { near, far }, limits, async () => {
    const reason = await near.lost;
    const { received, undelivered } = reason.ledger;
    assert.ok(received > 0 && received === undelivered);
    const ledger = { received, undelivered };
    const expected = { ...LINGERED, ledger, message: /linger(Total|Idle)Ms/ };
    assertReason(reason, expectedOn(wire, expected), `chatter (${wire})`);
  });
  return 1;
}

const LINGERED = { kind: "timeout", by: "us", code: "ERR_WIRE_LINGER" } as const;

/** Two connections linger where one may: the older is cut. */
async function playLingerMax(wire: Wire): Promise<number> {
  const closing = (): Actor => new Actor({ made: (actor) => actor.close() });
  const silent = (): Actor => new Actor({ halfOpen: true });
  const first = { near: closing(), far: silent() };
  const second = { near: closing(), far: silent() };
  const limits = { lingerMax: 1 };
  await meet(wire, first, limits, async () => {
    await meet(wire, second, limits, async () => {
      const expected = { ...LINGERED, ledger: {}, message: /lingerMax/ };
      const reason = await first.near.lost;
      assertReason(reason, expectedOn(wire, expected), `linger max (${wire})`);
    });
  });
  return 1;
}

/** A wire whose handshake never ends: no protocol is made, and the reason is told below. */
async function playHandshake(): Promise<number> {
  const none = (): void => {};
  const address = { kind: "loopback", side: "left" } as const;
  const begun: unknown[] = [];
  const reason = await new Promise<CloseReason>((resolve) => {
    new Flow(
      (facts) => ({
        host: address,
        peer: address,
        send: none,
        endSending: none,
        pauseReading: none,
        resumeReading: none,
        close: () => void setImmediate(() => facts.over()),
        abort: () => void setImmediate(() => facts.over()),
      }),
      {
        capabilities: new Set(),
        accept: () => assert.fail("a protocol was made"),
        handshakes: true,
        limits: resolveLimits({ handshakeTimeoutMs: 20 }),
        begun: (error) => begun.push(error),
        ended: resolve,
      },
    );
  });
  assertReason(
    reason,
    {
      kind: "timeout",
      by: "us",
      code: "ERR_WIRE_HANDSHAKE",
      message: /handshakeTimeoutMs/,
      ledger: {},
    },
    "handshake",
  );
  assert.equal(begun.length, 1);
  return 1;
}

/** A link in memory whose pump policy throws. */
async function playBroken(): Promise<number> {
  const cause = new Error("no more weather");
  const near = new Actor({ made: (actor) => actor.write(3) });
  const far = new Actor({});
  const pump = (): never => {
    throw cause;
  };
  loopback(near, far as Protocol, { pump });
  const lost = { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN", message: /./ } as const;
  const reason = await near.lost;
  const { unsent, inFlight } = reason.ledger;
  assertReason(reason, { ...lost, ledger: { accepted: 3, unsent, inFlight } }, "the wire broke");
  assert.deepEqual([unsent, inFlight], [3, 3]);
  assert.equal(reason.error?.cause, cause);
  assertReason(await far.lost, { ...lost, ledger: {} }, "the wire broke, the other end");
  return 2;
}
