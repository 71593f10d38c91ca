import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { CloseReason, Endpoint, Protocol } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import type { TlsOptions } from "../../../src/layers/tls/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import { Scratch } from "../../interop/scratch.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { endpointAt, freshAddress, listen, socketAddressOf } from "../../interop/socket-address.ts";
import { authority, forLocalhost, issued } from "../../layers/tls/authority.ts";
import { Actor } from "./actor.ts";
import { assertReason } from "./compare.ts";
import type { SecureWire } from "./meeting.ts";
import type { Expected } from "./rows.ts";

/** One way in which TLS itself can end a connection; plays it, and answers how much it compared. */
export type Scene = (wire: SecureWire) => Promise<number>;

/** By what is provoked. */
export const TLS_SCENES: Readonly<Record<string, Scene>> = {
  "TLS: an end without close-notify": (wire) =>
    withStranger(wire, ({ raw, secure }) => void secure.write("abc", () => raw.end()), {
      ...{ kind: "lost", by: "wire", code: "ERR_WIRE_TRUNCATED" },
      message: /without TLS's end mark/,
      ledger: { received: 3, delivered: 3 },
      via: { kind: "done", by: "peer" },
    }),
  "TLS: bytes that are no TLS of the session": (wire) =>
    withStranger(wire, ({ raw, secure }) => void secure.write("abc", () => raw.write(GARBAGE)), {
      ...{ kind: "failed", by: "peer", code: "ERR_WIRE_PEER_PROTOCOL" },
      message: /what arrived is no TLS of this session/,
      ledger: { received: 3, delivered: 3 },
      via: "any",
    }),
  "TLS: a reset beneath": async (wire) => {
    // A UNIX socket has none of its own: one is made by leaving what was sent unread.
    if (wire === "tls+unix") return 0;
    return await withStranger(wire, ({ raw }) => void raw.resetAndDestroy(), {
      ...{ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" },
      message: /reset/,
      ledger: {},
      via: { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" },
    });
  },
  "TLS: our certificate is required once the session is there": (wire) =>
    refusedAfterwards(wire, { requestCert: true, ca: authority.cert }, /it requires a certificate/),
  "TLS: the peer ends in the handshake": (wire) =>
    inHandshake(wire, (socket) => void socket.end(), /ended the connection in the handshake/),
  "TLS: what answers is no TLS": (wire) =>
    inHandshake(wire, (socket) => void socket.end("220 hello\r\n"), /what arrived is not TLS/),
  "TLS: the handshake takes too long": (wire) =>
    inHandshake(wire, () => undefined, /handshakeTimeoutMs/, { handshakeTimeoutMs: 20 }),
  "TLS: the peer refuses with an alert": (wire) =>
    refused(wire, { alpn: ["mine"] }, { alpn: ["other"] }, "HANDSHAKE", /it takes none of our/),
  "TLS: no version in common": (wire) =>
    refused(wire, { minVersion: "TLSv1.3" }, { maxVersion: "TLSv1.2" }, "HANDSHAKE", /versions/),
  "TLS: an unknown issuer": (wire) =>
    refused(wire, {}, { ca: [] }, "CERTIFICATE", /nobody that is trusted here issued/),
  "TLS: an expired certificate": async (wire) =>
    refused(wire, await issued(["localhost"], -3, -1), {}, "CERTIFICATE", /has expired/),
  "TLS: a certificate of the future": async (wire) =>
    refused(wire, await issued(["localhost"], 1, 3), {}, "CERTIFICATE", /not valid yet/),
  "TLS: a certificate for another name": async (wire) =>
    refused(wire, await issued(["elsewhere"]), {}, "CERTIFICATE", /is for another name/),
};

/** A record of application data with nothing of the session's in it. */
const GARBAGE = Buffer.from([0x17, 3, 3, 0, 20, ...new Uint8Array(20)]);

interface Stranger {
  readonly raw: Socket;
  readonly secure: TLSSocket;
}

/** A client of plain Node, whose socket is at hand, with our server. */
async function withStranger(
  wire: SecureWire,
  act: (stranger: Stranger) => void,
  expected: Expected,
): Promise<number> {
  using scratch = new Scratch();
  const near = new Actor({});
  const lower = lowerOn(wire, scratch);
  await using port = await tls(lower, forLocalhost).listen(() => near);
  const raw = connect({ ...socketAddressOf(port.getHost()), allowHalfOpen: true });
  const secure = connectTls({ socket: raw, ca: authority.cert, servername: "localhost" });
  // Whoever is told that TLS was given up has nothing to wait for.
  secure.on("error", () => raw.destroy());
  raw.on("error", () => {});
  await once(secure, "secureConnect");
  await near.made;
  act({ raw, secure });
  assertReason(await near.lost, expected, `TLS and a stranger (${wire})`);
  raw.destroy();
  return 1;
}

/** Our client, and a server of plain Node that says no after its own handshake is done. */
async function refusedAfterwards(
  wire: SecureWire,
  { requestCert, ca }: Pick<TlsOptions, "requestCert" | "ca">,
  message: RegExp,
): Promise<number> {
  using scratch = new Scratch();
  const { cert, key } = forLocalhost;
  const given = { cert, key, requestCert: requestCert === true, ca: ca as string };
  const server = createTlsServer(given, (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  const at = await listen(server, freshAddress(wire === "tls+tcp" ? "tcp" : "unix", scratch));
  const near = await secureTo(at).connect(new Actor({}));
  const broken = { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN" } as const;
  assertReason(await near.lost, { ...broken, message, ledger: {}, via: "any" }, `alert (${wire})`);
  await new Promise((resolve) => server.close(resolve));
  return 1;
}

/** Our client, and a plain socket in place of a server of TLS. */
async function inHandshake(
  wire: SecureWire,
  serve: (socket: Socket) => void,
  message: RegExp,
  limits = {},
): Promise<number> {
  using scratch = new Scratch();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}).resume());
    serve(socket);
  });
  const at = await listen(server, freshAddress(wire === "tls+tcp" ? "tcp" : "unix", scratch));
  const near = new Untouched();
  await assert.rejects(secureTo(at).connect(near, { limits }), (error: unknown) => {
    assert.ok(isWireError(error) && error.code === "ERR_WIRE_HANDSHAKE", String(error));
    assert.match(error.message, message);
    return true;
  });
  near.assertUntouched();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return 1;
}

/** Our client and our server, that do not agree: neither of them makes a protocol. */
async function refused(
  wire: SecureWire,
  server: TlsOptions,
  client: TlsOptions,
  code: "HANDSHAKE" | "CERTIFICATE",
  message: RegExp,
): Promise<number> {
  using scratch = new Scratch();
  let fail!: (error: unknown) => void;
  const failed = new Promise<unknown>((resolve) => (fail = resolve));
  const far = new Untouched();
  const listening = tls(lowerOn(wire, scratch), { ...forLocalhost, ...server });
  await using port = await listening.listen(() => far, { onError: fail });
  const near = new Untouched();
  const way = secureTo(socketAddressOf(port.getHost()), client);
  await assert.rejects(way.connect(near), (error: unknown) => {
    assert.ok(isWireError(error) && error.code === `ERR_WIRE_${code}`, String(error));
    assert.match(error.message, message);
    return true;
  });
  const told = await failed;
  assert.ok(isWireError(told) && told.code === "ERR_WIRE_HANDSHAKE", String(told));
  near.assertUntouched();
  far.assertUntouched();
  return 2;
}

function lowerOn(wire: SecureWire, scratch: Scratch): Endpoint {
  return endpointAt(freshAddress(wire === "tls+tcp" ? "tcp" : "unix", scratch));
}

function secureTo(at: SocketAddress, options: TlsOptions = {}): Endpoint {
  const given = { ca: authority.cert, servername: "localhost", ...options };
  return tls(endpointAt(at), given) as Endpoint;
}

/** Is told nothing at all when there is no connection. */
class Untouched implements Protocol {
  #calls = 0;

  connectionMade(): void {
    this.#calls += 1;
  }

  dataReceived(): void {
    this.#calls += 1;
  }

  connectionLost(_reason: CloseReason): void {
    this.#calls += 1;
  }

  assertUntouched(): void {
    assert.equal(this.#calls, 0, "a protocol was told of a connection that there never was");
  }
}
