import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect as connectSocket, createServer } from "node:net";
import { describe, test } from "node:test";
import type { SecureVersion } from "node:tls";
import { connect as connectTls } from "node:tls";
import type { ErrorContext, ListeningPort } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import type { TlsTransport } from "../../../src/layers/tls/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { HalfCloseAware, patterned, RecordingProtocol } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, securePair, text, to } from "./authority.ts";

describe("what the handshake settled", () => {
  test("is told by the transport, from connectionMade on and after the end", async () => {
    await using pair = await securePair({ alpn: ["b", "a"] }, { alpn: ["a", "b"] });
    const { client, server } = pair;
    for (const { transport } of [client, server]) {
      assert.equal(transport.protocol, "TLSv1.3");
      assert.match(transport.cipher, /^TLS_/);
      assert.equal(transport.alpn, "b");
      assert.equal(transport.servername, null);
    }
    assert.equal(client.transport.authorized, true);
    assert.equal(client.transport.peerCertificate?.subject, "CN=localhost");
    assert.deepEqual(
      [server.transport.authorized, server.transport.peerCertificate],
      [false, null],
    );
    client.transport.loseConnection();
    server.transport.loseConnection();
    await client.lost;
    assert.equal(client.transport.protocol, "TLSv1.3");
  });

  test("the name asked for is told to the server", async () => {
    await using pair = await securePair({}, { servername: "localhost" });
    assert.equal(pair.server.transport.servername, "localhost");
  });

  test("without alpn on one side there is none", async () => {
    await using pair = await securePair({ alpn: ["a"] });
    assert.deepEqual([pair.client.transport.alpn, pair.server.transport.alpn], [null, null]);
  });
});

/** A server that tells the errors of its handshakes. */
async function listening(): Promise<{
  readonly port: ListeningPort;
  readonly server: HalfCloseAware<TlsTransport>;
  readonly failed: Promise<{ readonly error: unknown; readonly context: ErrorContext }>;
}> {
  const server = new HalfCloseAware<TlsTransport>();
  let fail!: (told: { readonly error: unknown; readonly context: ErrorContext }) => void;
  const failed = new Promise<Parameters<typeof fail>[0]>((resolve) => (fail = resolve));
  const port = await tls(tcp({ port: 0 }), { ...forLocalhost, alpn: ["mine"] }).listen(
    () => server,
    { onError: (error, context) => fail({ error, context }) },
  );
  return { port, server, failed };
}

function numberOf(port: ListeningPort): number {
  return (port.getHost() as { readonly port: number }).port;
}

describe("no handshake", () => {
  test("over alpn: both sides say so, and nothing is made", async () => {
    const { port, server, failed } = await listening();
    await using _ = port;
    const client = new RecordingProtocol<TlsTransport>();
    const connecting = tls(to(port), { ca: authority.cert, alpn: ["other"] }).connect(client);
    await assert.rejects(connecting, { code: "ERR_WIRE_HANDSHAKE", message: /alpn/ });
    const { error, context } = await failed;
    assert.ok(isWireError(error) && error.code === "ERR_WIRE_HANDSHAKE");
    assert.match(error.message, /alpn/);
    assert.equal(context.during, "handshake");
    assert.equal(context.peer?.kind, "tcp");
    assert.deepEqual([client.calls, server.calls], [[], []]);
  });

  test("with TLS 1.1, whatever the client's wishes", async () => {
    const { port, failed } = await listening();
    await using _ = port;
    const old: SecureVersion = "TLSv1.1";
    const socket = connectTls({
      port: numberOf(port),
      host: "127.0.0.1",
      ca: authority.cert,
      minVersion: old,
      maxVersion: old,
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    await assert.rejects(once(socket, "secureConnect"));
    assert.match(String((await failed).error), /only versions of TLS that are refused/);
  });

  test("with a cipher that has no forward secrecy", async () => {
    const { port, failed } = await listening();
    await using _ = port;
    const socket = connectTls({
      port: numberOf(port),
      host: "127.0.0.1",
      ca: authority.cert,
      maxVersion: "TLSv1.2",
      ciphers: "AES128-GCM-SHA256:AES256-SHA:ECDHE-ECDSA-AES128-SHA",
    });
    await assert.rejects(once(socket, "secureConnect"));
    assert.match(String((await failed).error), /no cipher suite that both/);
  });

  test("with a peer that speaks plaintext: it gets no byte of the protocol's", async () => {
    const { port, server, failed } = await listening();
    await using _ = port;
    const socket = connectSocket(numberOf(port), "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\n\r\n");
    assert.match(String((await failed).error), /HTTP without TLS/);
    assert.deepEqual(server.calls, []);
    socket.destroy();
  });

  test("with a peer that ends at once", async () => {
    const { port, failed } = await listening();
    await using _ = port;
    connectSocket(numberOf(port), "127.0.0.1").end().resume();
    const { error } = await failed;
    assert.ok(isWireError(error) && error.code === "ERR_WIRE_HANDSHAKE");
    assert.match(error.message, /ended the connection in the handshake/);
  });

  test("with a peer that stays silent: the limits end it", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}).resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const endpoint = tls(tcp({ port: (silent.address() as AddressInfo).port }));
    const client = new RecordingProtocol<TlsTransport>();
    await assert.rejects(endpoint.connect(client, { limits: { handshakeTimeoutMs: 20 } }), {
      code: "ERR_WIRE_HANDSHAKE",
    });
    await assert.rejects(endpoint.connect(client, { limits: { connectTimeoutMs: 20 } }), {
      code: "ERR_WIRE_TIMEOUT",
    });
    const signal = AbortSignal.timeout(20);
    await assert.rejects(endpoint.connect(client, { signal }), { name: "TimeoutError" });
    assert.deepEqual(client.calls, []);
    silent.close();
  });
});

/** A raw client on the server's connection, whose socket is at hand. */
async function rawClient(port: ListeningPort): Promise<{
  readonly socket: Socket;
  readonly secure: ReturnType<typeof connectTls>;
}> {
  const socket = connectSocket({ port: numberOf(port), host: "127.0.0.1", allowHalfOpen: true });
  const secure = connectTls({ socket, ca: authority.cert, servername: "localhost" });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  return { socket, secure };
}

describe("the end of a session", () => {
  test("a FIN without close-notify is truncation, behind all that came before", async () => {
    const { port, server } = await listening();
    await using _ = port;
    const { secure, socket } = await rawClient(port);
    secure.write(patterned(300_000));
    await server.received(300_000);
    socket.end();
    const reason = await server.lost;
    assert.deepEqual([reason.kind, reason.by, reason.code], ["lost", "wire", "ERR_WIRE_TRUNCATED"]);
    assert.equal(reason.via?.kind, "done");
    assert.deepEqual(
      server.calls.filter((call) => call !== "data"),
      ["made", "lost"],
    );
    assert.match(reason.error?.message ?? "", /without TLS's end mark/);
    secure.destroy();
  });

  test("after our own close a missing close-notify changes nothing", async () => {
    const { port, server } = await listening();
    await using _ = port;
    const { secure, socket } = await rawClient(port);
    secure.resume();
    await server.made;
    server.transport.loseConnection();
    await once(secure, "end");
    socket.end();
    const reason = await server.lost;
    assert.deepEqual([reason.kind, reason.by], ["done", "us"]);
    secure.destroy();
  });

  test("once both end marks are there, what the wire meets changes nothing", async () => {
    const { port, server } = await listening();
    await using _ = port;
    const { secure, socket } = await rawClient(port);
    secure.resume();
    secure.end();
    await server.readEnded;
    server.transport.loseConnection();
    await once(secure, "end");
    socket.resetAndDestroy();
    const reason = await server.lost;
    assert.deepEqual([reason.kind, reason.by], ["done", "peer"]);
  });

  test("a reset in the middle is a reset, and via says so", async () => {
    const { port, server } = await listening();
    await using _ = port;
    const { socket } = await rawClient(port);
    await server.made;
    socket.resetAndDestroy();
    const reason = await server.lost;
    assert.deepEqual([reason.kind, reason.by, reason.code], ["lost", "peer", "ERR_WIRE_RESET"]);
    assert.equal(reason.via?.code, "ERR_WIRE_RESET");
  });

  test("bytes that are no TLS of the session end it as the peer's fault", async () => {
    const { port, server } = await listening();
    await using _ = port;
    const { socket } = await rawClient(port);
    await server.made;
    socket.write(Buffer.from([0x17, 3, 3, 0, 20, ...new Uint8Array(20)]));
    const reason = await server.lost;
    assert.deepEqual(
      [reason.kind, reason.by, reason.code],
      ["failed", "peer", "ERR_WIRE_PEER_PROTOCOL"],
    );
    socket.destroy();
  });

  test("what a paused reader has not read waits, though the connection beneath is gone", async () => {
    await using pair = await securePair();
    const { client, server } = pair;
    client.transport.loseWriteConnection();
    await server.readEnded;
    client.transport.pauseProducing();
    server.transport.write(patterned(50_000));
    server.transport.loseConnection();
    await new Promise((resolve) => setImmediate(resolve));
    client.transport.resumeProducing();
    const reason = await client.lost;
    assert.deepEqual(client.bytes, Buffer.from(patterned(50_000)));
    assert.deepEqual([reason.kind, reason.by, reason.via?.kind], ["done", "us", "done"]);
  });
});

test("the ledger counts plaintext, and via what carried it", async () => {
  await using pair = await securePair();
  const { client, server } = pair;
  client.transport.write(patterned(100_000));
  client.transport.loseConnection();
  await server.readEnded;
  server.transport.loseConnection();
  const reason = await client.lost;
  assert.deepEqual([reason.ledger.accepted, reason.ledger.sent], [100_000, 100_000]);
  assert.ok((reason.via?.ledger.sent ?? 0) > 100_000);
});

test("many handshakes at once each get their own connection", async () => {
  const endpoint = tls(tcp({ port: 0 }), { ...forLocalhost, requestCert: false });
  const echo = (): RecordingProtocol => {
    const protocol = new RecordingProtocol();
    const { dataReceived } = protocol;
    return Object.assign(protocol, {
      dataReceived: (data: Uint8Array) => {
        dataReceived(data);
        protocol.transport.write(data);
      },
    });
  };
  await using port = await endpoint.listen(echo);
  const clients = await Promise.all(
    Array.from({ length: 20 }, () =>
      tls(to(port), { ca: authority.cert }).connect(new RecordingProtocol()),
    ),
  );
  for (const [index, { transport }] of clients.entries()) transport.write(text(`I am ${index}`));
  for (const [index, client] of clients.entries()) {
    await client.received(`I am ${index}`.length);
    assert.equal(client.bytes.toString(), `I am ${index}`);
    client.transport.loseConnection();
    assert.equal((await client.lost).kind, "done");
  }
});

test("TLS over TLS: a layer is a wire to the next one", async () => {
  const { cert, key } = forLocalhost;
  await using port = await tls(tls(tcp({ port: 0 }), { cert, key }), { cert, key }).listen(
    () => new RecordingProtocol(),
  );
  const inner = tls(to(port), { ca: authority.cert });
  const client = await tls(inner, { ca: authority.cert }).connect(new RecordingProtocol());
  client.transport.write(patterned(200_000));
  await client.transport.flushed();
  client.transport.loseConnection();
  const reason = await client.lost;
  assert.deepEqual(
    [reason.kind, reason.via?.kind, reason.via?.via?.kind],
    ["done", "done", "done"],
  );
});
