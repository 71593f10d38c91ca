import assert from "node:assert/strict";
import type {
  HalfCloseable,
  TcpTransport,
  Transport,
  UnixTransport,
} from "../../src/contract/index.ts";
import { adoptTcp, tcp } from "../../src/wires/tcp/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { Scratch } from "../interop/scratch.ts";
import { onTerminal } from "../wires/pty/recording-pty.ts";
import type { Pair } from "../wires/recording-protocol.ts";
import { HalfCloseAware, pairOver, patterned } from "../wires/recording-protocol.ts";
import { portOf } from "../wires/tcp/tcp-rig.ts";
import { closeDescriptor, receivers, turns } from "../wires/unix/descriptor-rig.ts";

// What the native driver does, in little, on whatever runtime runs this: prints a line for each
// thing that held, and ends by itself if nothing is left that keeps the process.
const data = patterned(1024 * 1024);

/** The data goes there, and comes back once all of it is there; both ends are ends. */
async function echo<T extends Transport & HalfCloseable>({
  client,
  server,
}: Pair<HalfCloseAware<T>, T>): Promise<void> {
  client.transport.write(data);
  client.transport.loseWriteConnection();
  await server.readEnded;
  server.transport.write(server.bytes);
  server.transport.loseConnection();
  for (const end of [client, server]) {
    assert.equal((await end.lost).kind, "done");
    assert.ok(end.bytes.equals(data));
  }
}

const smoke: Readonly<Record<string, () => Promise<void>>> = {
  tcp: async () => {
    const at = tcp({ port: 0, driver: "native" });
    await using both = await pairOver(
      at,
      (port) => tcp({ port: portOf(port), driver: "native" }),
      () => new HalfCloseAware<TcpTransport>(),
    );
    await echo(both);
  },
  unix: async () => {
    using scratch = new Scratch();
    const at = unix({ path: scratch.path("s"), driver: "native" });
    await using both = await pairOver(
      at,
      () => at,
      () => new HalfCloseAware<UnixTransport>(),
    );
    await echo(both);
  },
  pty: async () => {
    const child = await onTerminal(`echo ${"x".repeat(20_480)}; exit 3`);
    assert.equal(await child.end(), "lost peer PROCESS_EXIT 3");
    assert.equal(child.byteCount, 20_480 + 2);
  },
  "a turn for others between two batches": async () => {
    let turn = 0;
    let accepted = 0;
    const turnsOf: number[] = [];
    const port = await tcp({ port: 0, driver: "native" }).listen(() => {
      turnsOf.push(turn);
      accepted += 1;
      return null;
    });
    const at = tcp({ port: portOf(port), driver: "native" });
    const clients = Array.from({ length: 300 }, () => at.connect(new HalfCloseAware()));
    while (accepted < clients.length) {
      await turns(1);
      turn += 1;
    }
    // The reactor accepts at most so many at a time.
    const most = Math.max(...turnsOf.map((one) => turnsOf.filter((other) => other === one).length));
    assert.ok(most <= 64, `${most} in one turn`);
    for (const client of await Promise.all(clients)) await client.lost;
    await port.stopListening();
  },
  "a connection passed as a descriptor": async () => {
    using scratch = new Scratch();
    await using road = await receivers(scratch.path("s"));
    await using both = await pairOver(
      tcp({ port: 0, driver: "native" }),
      (port) => tcp({ port: portOf(port), driver: "native" }),
      () => new HalfCloseAware<TcpTransport>(),
    );
    const { client, server } = both;
    const { fd, unread } = await server.transport.detach();
    const hasLeft = road.client.transport.sendFileDescriptor(fd);
    road.client.transport.write(Buffer.from("x"));
    await hasLeft;
    await road.server.descriptors(1);
    const [arrived = -1] = road.server.fds.splice(0);
    const taken = await adoptTcp({ fd: arrived, unread }).connect(
      new HalfCloseAware<TcpTransport>(),
    );
    closeDescriptor(fd);
    await echo({ ...both, client, server: taken });
    server.connectionLost(await taken.lost);
  },
};

for (const [name, run] of Object.entries(smoke)) {
  await run();
  process.stdout.write(`held: ${name}\n`);
}
