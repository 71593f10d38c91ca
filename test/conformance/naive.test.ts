import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { after, describe, test } from "node:test";
import type { Facts, Wire } from "../../src/flow/index.ts";
import type { ConformanceCase, WireUnderTest } from "../../src/testing/index.ts";
import {
  ConformanceFailure,
  cases,
  conformance,
  endpointWire,
  flowWire,
} from "../../src/testing/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

/**
 * What our wires pass must fail where it is known to be wrong; otherwise the case proves nothing.
 */
async function failed(wire: WireUnderTest, id: string): Promise<boolean> {
  const only = cases.filter((one: ConformanceCase) => one.id === id);
  const results = conformance(wire, { cases: only, watchdogMs: 4000 }).map(async ({ run }) =>
    run().then(
      () => false,
      (error: unknown) => error instanceof ConformanceFailure,
    ),
  );
  const outcomes = await Promise.all(results);
  assert.equal(outcomes.length, 2);
  return outcomes.some((outcome) => outcome);
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listening(allowHalfOpen: boolean, took: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen }, took).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("a close by destroySoon", () => {
  /** A socket as most programs close it: gone once the last write is out. */
  const verbs =
    (socket: Socket) =>
    (facts: Facts): Wire => {
      socket.pause().on("error", () => {});
      socket.on("data", (chunk) => facts.received(Uint8Array.from(chunk)));
      socket.on("end", () => facts.peerEnded()).on("close", () => facts.over());
      return {
        host: { kind: "memory", name: "here" },
        peer: { kind: "memory", name: "there" },
        send: (chunks) => {
          for (const chunk of chunks) socket.write(chunk, () => facts.sent(chunk.byteLength));
        },
        endSending: () => socket.destroySoon(),
        pauseReading: () => void socket.pause(),
        resumeReading: () => void socket.resume(),
        close: () => void socket.destroy(),
        abort: () => void socket.destroy(),
      };
    };

  test("close.chatty sees the bytes that it destroys", async () => {
    const accepted: Socket[] = [];
    const port = await listening(true, (socket) => void accepted.push(socket));
    const dial = async (): Promise<readonly [Socket, Socket]> => {
      const left = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      await once(left, "connect");
      while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
      return [left, accepted.shift() as Socket];
    };
    const ready = await Promise.all([dial(), dial()]);
    const wire = flowWire({
      name: "destroySoon",
      capabilities: ["linger", "backPressure"],
      join: () => (ready.shift() ?? []).map(verbs),
    });
    assert.equal(await failed(wire, "close.chatty"), true);
  });
});

describe("a relay by a.pipe(b) and b.pipe(a)", () => {
  /** TCP of ours at both ends, and in between what most programs would write. */
  async function relayed(allowHalfOpen: boolean): Promise<WireUnderTest> {
    const targets: number[] = [];
    const relay = await listening(allowHalfOpen, (from) => {
      const to = connect({ port: targets.shift() ?? 0, host: "127.0.0.1", allowHalfOpen });
      from.on("error", () => to.destroy());
      to.on("error", () => from.destroy());
      from.pipe(to);
      to.pipe(from);
    });
    return endpointWire({
      name: "pipe both ways",
      capabilities: ["halfClose", "linger", "backPressure"],
      server: () => tcp({ port: 0 }),
      leadingTo: (port) => {
        targets.push((port.getHost() as { readonly port: number }).port);
        return tcp({ port: relay });
      },
    });
  }

  test("halfClose.lateReply sees that the answer is lost", async () => {
    assert.equal(await failed(await relayed(false), "halfClose.lateReply"), true);
  });

  test("halfClose.lateReply passes where both sockets may be half-open", async () => {
    assert.equal(await failed(await relayed(true), "halfClose.lateReply"), false);
  });
});
