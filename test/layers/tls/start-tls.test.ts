import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection } from "../../../src/bridges/index.ts";
import type { Bytes, ListeningPort, TcpTransport, Transport } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import { FramedProtocol, lineCodec } from "../../../src/framing/index.ts";
import type { StartTlsOptions, TlsTransport } from "../../../src/layers/tls/index.ts";
import { startTls } from "../../../src/layers/tls/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import type { Pair } from "../../wires/recording-protocol.ts";
import { pairOver, patterned, RecordingProtocol } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, text } from "./authority.ts";

const SERVER: StartTlsOptions = { role: "server", ...forLocalhost };
const CLIENT: StartTlsOptions = { role: "client", ca: authority.cert, servername: "localhost" };

/** Two that have talked in plaintext. */
async function talking(): Promise<Pair<RecordingProtocol<TcpTransport>, TcpTransport>> {
  const pair = await pairOver(
    tcp({ port: 0 }),
    (port) => tcp({ port: (port.getHost() as { readonly port: number }).port }),
    () => new RecordingProtocol<TcpTransport>(),
  );
  const { client, server } = pair;
  client.transport.write(text("STARTTLS\r\n"));
  await server.received(10);
  return pair;
}

/** Upgrades both ends, as after the server's word that it is ready. */
async function upgrade(
  { client, server }: Pair<RecordingProtocol<TcpTransport>, TcpTransport>,
  next?: RecordingProtocol<TlsTransport>,
): Promise<readonly [TlsTransport, TlsTransport]> {
  server.transport.write(text("220 go\r\n"));
  const atServer = startTls(server.transport, SERVER);
  await client.received(8);
  return await Promise.all([startTls(client.transport, CLIENT, next), atServer]);
}

describe("startTls", () => {
  test("both ways: what was queued goes ahead, the protocols go on and are not made again", async () => {
    await using pair = await talking();
    const { client, server } = pair;
    const [atClient, atServer] = await upgrade(pair);
    assert.deepEqual([atClient.authorized, atServer.protocol], [true, "TLSv1.3"]);
    atClient.write(patterned(200_000));
    atServer.write(text("secret"));
    await Promise.all([server.received(10 + 200_000), client.received(8 + 6)]);
    assert.deepEqual(server.bytes.subarray(10), Buffer.from(patterned(200_000)));
    assert.equal(client.bytes.toString(), "220 go\r\nsecret");
    atClient.loseConnection();
    const [clientReason, serverReason] = await Promise.all([client.lost, server.lost]);
    assert.deepEqual([clientReason.kind, clientReason.by], ["done", "us"]);
    assert.deepEqual([serverReason.kind, serverReason.by], ["done", "peer"]);
    assert.deepEqual(client.calls.filter((call) => call === "made").length, 1);
    assert.equal(clientReason.ledger.accepted, 200_000);
  });

  test("the next protocol is made once the handshake is done, and is told the end alone", async () => {
    await using pair = await talking();
    const next = new RecordingProtocol<TlsTransport>();
    const [atClient] = await upgrade(pair, next);
    assert.deepEqual(next.calls, ["made"]);
    assert.equal(next.transport, atClient);
    atClient.loseConnection();
    await next.lost;
    assert.equal(pair.client.calls.includes("lost"), false);
    // Disposing waits for the one that was there.
    pair.client.connectionLost(await next.lost);
  });

  test("the reference there was takes no more bytes", async () => {
    await using pair = await talking();
    const { transport } = pair.client;
    const [atClient] = await upgrade(pair);
    const isClosed = (error: unknown): boolean =>
      isWireError(error) &&
      error.code === "ERR_WIRE_CLOSED" &&
      /a layer has taken/.test(error.message);
    assert.throws(() => transport.write(text("plain")), isClosed);
    assert.throws(() => transport.writeSequence([text("plain")]), isClosed);
    assert.throws(() => transport.switchProtocol(new RecordingProtocol()), isClosed);
    const producer = { pauseProducing() {}, resumeProducing() {}, stopProducing() {} };
    assert.throws(() => transport.registerProducer(producer, true), isClosed);
    await assert.rejects(startTls(transport, CLIENT), isClosed);
    atClient.loseConnection();
    await pair.client.lost;
    assert.equal(pair.server.bytes.toString(), "STARTTLS\r\n");
  });

  test("early bytes belong to TLS", async () => {
    await using pair = await talking();
    const { client, server } = pair;
    const taken: Bytes[] = [];
    let told!: () => void;
    const arrived = new Promise<void>((resolve) => (told = resolve));
    server.dataReceived = (data) => {
      taken.push(data);
      told();
    };
    const atClient = startTls(client.transport, CLIENT);
    await arrived;
    server.transport.pauseProducing();
    const early = Buffer.concat(taken);
    const atServer = startTls(server.transport, { ...SERVER, early });
    await Promise.all([atClient, atServer]);
    (await atClient).loseConnection();
    await client.lost;
  });

  for (const where of ["early", "unread"] as const) {
    test(`plaintext put behind the command is never taken for the peer's word: ${where}`, async () => {
      await using pair = await talking();
      const { client, server } = pair;
      const injected = text("MAIL FROM:<attacker@example.test>\r\n");
      if (where === "unread") client.transport.write(injected);
      const upgrading = startTls(
        server.transport,
        where === "early" ? { ...SERVER, early: injected } : SERVER,
      );
      await assert.rejects(upgrading, { code: "ERR_WIRE_HANDSHAKE", message: /not TLS/ });
      const reason = await server.lost;
      assert.deepEqual([reason.kind, reason.code], ["failed", "ERR_WIRE_HANDSHAKE"]);
      assert.equal(server.bytes.toString(), "STARTTLS\r\n");
      client.transport.loseConnection();
    });
  }

  test("a refused certificate rejects, and the protocol there was is told the end", async () => {
    await using pair = await talking();
    const { client, server } = pair;
    const next = new RecordingProtocol<TlsTransport>();
    server.transport.write(text("220 go\r\n"));
    const atServer = startTls(server.transport, SERVER);
    atServer.catch(() => {});
    await client.received(8);
    const wrong = { ...CLIENT, servername: "elsewhere.test" };
    await assert.rejects(startTls(client.transport, wrong, next), { code: "ERR_WIRE_CERTIFICATE" });
    const reason = await client.lost;
    assert.ok(isWireError(reason.error) && reason.error.code === "ERR_WIRE_CERTIFICATE");
    assert.deepEqual(next.calls, []);
    await server.lost;
  });

  test("a signal gives up, and so does a peer that never answers", async () => {
    const giveUp = new AbortController();
    for (const options of [{ signal: giveUp.signal }, { limits: { handshakeTimeoutMs: 20 } }]) {
      await using pair = await talking();
      const upgrading = startTls(pair.client.transport, { ...CLIENT, ...options });
      if (options.signal !== undefined) giveUp.abort();
      await assert.rejects(upgrading);
      assert.ok(["aborted", "timeout"].includes((await pair.client.lost).kind));
    }
  });

  test("on a connection that is closing it throws CLOSED, and changes nothing", async () => {
    await using pair = await talking();
    pair.client.transport.loseConnection();
    await assert.rejects(startTls(pair.client.transport, CLIENT), { code: "ERR_WIRE_CLOSED" });
    assert.equal((await pair.client.lost).kind, "done");
  });

  test("wrong options reject before anything is taken", async () => {
    await using pair = await talking();
    const { transport }: { readonly transport: Transport } = pair.client;
    await assert.rejects(startTls(transport, { role: "both" } as never), RangeError);
    await assert.rejects(startTls(transport, { role: "server" }), TypeError);
    transport.write(text("still plain"));
    await pair.server.received(21);
  });

  test("the limits of the connection go on above, and no longer count beneath", async () => {
    await using pair = await talking();
    pair.client.transport.setLimits({ idleMs: 150 });
    await upgrade(pair);
    const reason = await pair.client.lost;
    assert.equal(reason.code, "ERR_WIRE_IDLE");
    assert.notEqual(reason.via?.code, "ERR_WIRE_IDLE");
  });

  test("whoever holds the old reference closes and pauses what stands above", async () => {
    await using pair = await talking();
    const { client, server } = pair;
    const { transport } = client;
    await upgrade(pair);
    transport.pauseProducing();
    server.transport.resumeProducing();
    transport.resumeProducing();
    transport.loseConnection();
    const [clientReason, serverReason] = await Promise.all([client.lost, server.lost]);
    assert.deepEqual([clientReason.kind, clientReason.by], ["done", "us"]);
    // In order: with TLS's end mark.
    assert.deepEqual([serverReason.kind, serverReason.by], ["done", "peer"]);
  });

  test("closing the old reference while the handshake runs closes when it is done", async () => {
    await using pair = await talking();
    const { client, server } = pair;
    server.transport.write(text("220 go\r\n"));
    await client.received(8);
    const atClient = startTls(client.transport, CLIENT);
    client.transport.loseConnection();
    await startTls(server.transport, SERVER);
    await atClient;
    assert.equal((await server.lost).kind, "done");
  });
});

describe("startTls of somebody who holds bytes", () => {
  /** A connection in plaintext, and a raw peer that writes what it likes. */
  async function withRawPeer(): Promise<{
    readonly plain: Connection<TcpTransport>;
    readonly peer: RecordingProtocol<TcpTransport>;
    readonly port: ListeningPort;
  }> {
    const plain = new Connection<TcpTransport>();
    const port = await tcp({ port: 0 }).listen(() => plain);
    const { port: number } = port.getHost() as { readonly port: number };
    const peer = await tcp({ port: number }).connect(new RecordingProtocol<TcpTransport>());
    return { plain, peer, port };
  }

  test("a Connection goes on as another one; what it has not read belongs to TLS", async () => {
    const { plain, peer, port } = await withRawPeer();
    await using _ = port;
    const atPeer = startTls(peer.transport, CLIENT);
    // The peer's first words are read ahead, and put back.
    plain.unread((await plain.read()) as Bytes);
    const secure = new Connection<TlsTransport>();
    await Promise.all([startTls(plain, SERVER, secure), atPeer]);
    (await atPeer).write(text("secret"));
    assert.equal(Buffer.from((await secure.read()) as Bytes).toString(), "secret");
    await assert.rejects(plain.read(), { code: "ERR_WIRE_CLOSED" });
    await assert.rejects(plain.send("plain"), { code: "ERR_WIRE_CLOSED" });
    await secure.close();
    assert.equal((await plain.closed).kind, "done");
    await peer.lost;
  });

  for (const how of ["the Connection", "its transport"] as const) {
    test(`what was put behind the command is not read out of TLS: ${how}`, async () => {
      const { plain, peer, port } = await withRawPeer();
      await using _ = port;
      peer.transport.write(text("STARTTLS\r\nMAIL FROM:<attacker@example.test>\r\n"));
      const all = Buffer.from((await plain.read()) as Bytes);
      plain.unread(all.subarray(10));
      const secure = new Connection<TlsTransport>();
      const source = how === "the Connection" ? plain : plain.transport;
      await assert.rejects(startTls(source, SERVER, secure), {
        code: "ERR_WIRE_HANDSHAKE",
        message: /not TLS/,
      });
      assert.equal(secure.unreadBytes, 0);
      assert.throws(() => secure.transport, { code: "ERR_WIRE_CLOSED" });
      peer.transport.abortConnection();
      await peer.lost;
    });
  }

  test("a Connection without next is refused, and stays as it was", async () => {
    const { plain, peer, port } = await withRawPeer();
    await using _ = port;
    peer.transport.write(text("hello"));
    await plain.read();
    await assert.rejects(startTls(plain, SERVER), TypeError);
    await assert.rejects(startTls(plain.transport, SERVER), /give a fresh one/);
    await plain.send("still plain");
    await peer.received(11);
    await plain.close();
    await peer.lost;
  });

  test("lines that came behind the command are not taken as lines out of TLS", async () => {
    const next = new RecordingProtocol<TlsTransport>();
    let upgrading!: Promise<unknown>;
    const heard: string[] = [];
    class Commands extends FramedProtocol<TcpTransport> {
      constructor() {
        super(lineCodec());
      }
      protected override frameReceived(line: Bytes): void {
        heard.push(Buffer.from(line).toString());
        upgrading = startTls(this.transport, SERVER, next);
        upgrading.catch(() => {});
      }
    }
    const port = await tcp({ port: 0 }).listen(() => new Commands());
    await using _ = port;
    const { port: number } = port.getHost() as { readonly port: number };
    const peer = await tcp({ port: number }).connect(new RecordingProtocol<TcpTransport>());
    peer.transport.write(text("STARTTLS\r\nRSET\r\nQUIT\r\n"));
    await peer.lost;
    await assert.rejects(upgrading, { code: "ERR_WIRE_HANDSHAKE" });
    assert.deepEqual([heard, next.calls], [["STARTTLS"], []]);
  });
});
