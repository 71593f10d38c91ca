import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Bytes } from "../../src/contract/index.ts";
import type { TlsTransport } from "../../src/layers/tls/index.ts";
import { tls } from "../../src/layers/tls/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { authority, forLocalhost, issued, text } from "../layers/tls/authority.ts";
import { HalfCloseAware, patterned } from "../wires/recording-protocol.ts";
import { Program, runToEnd } from "./program.ts";
import { freePort } from "./socket-address.ts";

const missing = missingPrograms(["openssl"]);
const skip = missing.length > 0 ? `${missing.join(" and ")} is not installed` : false;

const folder = mkdtempSync(join(tmpdir(), "overwall-openssl-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const [ca, cert, key] = [
  file("ca.pem", authority.cert),
  file("cert.pem", forLocalhost.cert),
  file("key.pem", forLocalhost.key),
];

describe("openssl s_client with our server", { skip }, () => {
  for (const version of ["tls1_2", "tls1_3"] as const) {
    test(`${version}: ALPN, SNI, a client's certificate, and every byte both ways`, async () => {
      const client = await issued(["a client of openssl"]);
      const server = new HalfCloseAware<TlsTransport>();
      const endpoint = tls(tcp({ port: 0 }), {
        ...forLocalhost,
        alpn: ["mine"],
        requestCert: true,
        ca: authority.cert,
      });
      await using port = await endpoint.listen(() => server);
      const { port: number } = port.getHost() as { readonly port: number };
      await using program = new Program(
        "openssl",
        [
          ...["s_client", "-quiet", "-connect", `127.0.0.1:${number}`, `-${version}`],
          ...["-servername", "localhost", "-alpn", "mine", "-CAfile", ca],
          ...["-cert", file("client.pem", client.cert), "-key", file("client.key", client.key)],
          ...["-verify_quiet", "-verify_return_error"],
        ],
        { input: patterned(100_000).map((byte) => (byte % 26) + 97) },
      );
      await server.received(100_000);
      const { transport } = server;
      assert.deepEqual(
        [transport.alpn, transport.servername, transport.authorized],
        ["mine", "localhost", true],
      );
      assert.equal(transport.peerCertificate?.subject, "CN=a client of openssl");
      transport.write(text("the answer"));
      transport.loseConnection();
      const { status, stdout } = await program.outcome;
      assert.deepEqual([status, stdout], [0, "the answer"]);
      assert.equal((await server.lost).kind, "done");
    });
  }
});

describe("our client with openssl s_server", { skip }, () => {
  for (const version of ["tls1_2", "tls1_3"] as const) {
    test(`${version}: a session, its facts, and an end with close-notify`, async () => {
      const number = await freePort();
      const where = ["s_server", "-accept", `127.0.0.1:${number}`, "-rev", "-naccept", "1"];
      const how = [`-${version}`, "-cert", cert, "-key", key, "-alpn", "mine"];
      await using server = new Program("openssl", [...where, ...how]);
      await server.until(({ stdout }) => stdout.includes("ACCEPT") || undefined);
      const client = new HalfCloseAware<TlsTransport>();
      await tls(tcp({ port: number }), { ca: authority.cert, alpn: ["mine"] }).connect(client);
      assert.equal(client.transport.alpn, "mine");
      assert.equal(client.transport.protocol, version === "tls1_2" ? "TLSv1.2" : "TLSv1.3");
      client.transport.write(text("abc\n"));
      await client.received(4);
      assert.equal(client.bytes.toString(), "cba\n");
      client.transport.loseConnection();
      const reason = await client.lost;
      assert.deepEqual([reason.kind, reason.by], ["done", "us"]);
    });
  }
});

test("curl gets the whole answer over tls", {
  skip: missingPrograms(["curl"]).length > 0 ? "curl is not installed" : false,
}, async () => {
  const body = "x".repeat(200_000);
  await using port = await tls(tcp({ port: 0 }), forLocalhost).listen(() => {
    const protocol = new HalfCloseAware<TlsTransport>();
    const { dataReceived } = protocol;
    return Object.assign(protocol, {
      dataReceived: (data: Bytes) => {
        dataReceived(data);
        if (!protocol.bytes.includes("\r\n\r\n")) return;
        protocol.transport.write(text(`HTTP/1.0 200 OK\r\nContent-Length: 200000\r\n\r\n${body}`));
        protocol.transport.loseConnection();
      },
    });
  });
  const { port: number } = port.getHost() as { readonly port: number };
  const url = `https://127.0.0.1:${number}/`;
  const { status, stdout } = await runToEnd("curl", ["-sS", "--noproxy", "*", "--cacert", ca, url]);
  assert.deepEqual([status, stdout === body], [0, true]);
});
