import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import type { ListeningPort } from "../../src/contract/index.ts";
import type { TlsTransport } from "../../src/layers/tls/index.ts";
import { tls } from "../../src/layers/tls/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { forLocalhost } from "../layers/tls/authority.ts";
import { HalfCloseAware, RecordingProtocol } from "../wires/recording-protocol.ts";
import { Program, runToEnd } from "./program.ts";
import { Scratch } from "./scratch.ts";
import { freePort } from "./socket-address.ts";
import { sayHello } from "./tls-hello.ts";

// What a scan for weak settings looks for: each is asked of our server, and offered to our client,
// as they are when nothing was configured; each is refused, and our words say what it was.
const missing = missingPrograms(["openssl"]);
const skip = missing.length > 0 ? `needs ${missing.join(" and ")} on PATH` : false;
const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate with a key of RSA, which most of the old suites need. */
async function rsa(bits: number): Promise<Identity> {
  const [cert, key] = [scratch.path(`rsa${bits}.pem`), scratch.path(`rsa${bits}.key`)];
  const made = await runToEnd("openssl", [
    ...["req", "-x509", "-newkey", `rsa:${bits}`, "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
  ]);
  assert.equal(made.status, 0, made.stderr);
  return { cert, key };
}

const strong = skip === false ? await rsa(2048) : { cert: "", key: "" };

/** A server as it is by default; what it says of each connection that did not begin. */
async function defaultServer(kind: "RSA" | "ECDSA"): Promise<{
  readonly port: ListeningPort;
  readonly number: number;
  readonly server: HalfCloseAware<TlsTransport>;
  readonly nextFailure: () => Promise<string>;
}> {
  let tell: (message: string) => void = () => {};
  const server = new HalfCloseAware<TlsTransport>();
  const identity =
    kind === "ECDSA"
      ? forLocalhost
      : { cert: readFileSync(strong.cert), key: readFileSync(strong.key) };
  const port = await tls(tcp({ port: 0 }), identity).listen(() => server, {
    onError: (error) => tell((error as Error).message),
  });
  const { port: number } = port.getHost() as { readonly port: number };
  const nextFailure = (): Promise<string> => new Promise((resolve) => (tell = resolve));
  return { port, number, server, nextFailure };
}

const TLS12 = 0x0303;
const GOOD = { RSA: 0xc02f, ECDSA: 0xc02b } as const;

const WEAK_SUITES: Readonly<Record<string, readonly number[]>> = {
  "no encryption (NULL)": [0x0001, 0x0002, 0x003b, 0xc006, 0xc010],
  EXPORT: [0x0003, 0x0006, 0x0008, 0x000e, 0x0014],
  RC4: [0x0004, 0x0005, 0xc007, 0xc011],
  "DES and 3DES": [0x0009, 0x000a, 0x0016, 0xc008, 0xc012],
  "no certificate (anonymous)": [0x0018, 0x001b, 0x0034, 0x003a, 0x006c, 0x00a6, 0xc018, 0xc019],
  "no forward secrecy": [0x002f, 0x0035, 0x003c, 0x009c, 0x009d],
  CBC: [0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028],
  "Diffie-Hellman of any size": [0x0033, 0x0039, 0x0067, 0x009e, 0x009f, 0xccaa],
  "IDEA, SEED, Camellia, ARIA": [0x0007, 0x0096, 0x0041, 0xc050, 0xc05c, 0xc060],
  PSK: [0x008c, 0x00a8, 0xc035],
};

const OLD_VERSIONS: Readonly<Record<string, number>> = {
  "SSL 3.0": 0x0300,
  "TLS 1.0": 0x0301,
  "TLS 1.1": 0x0302,
};

const HANDSHAKE_FAILURE = 40;
const PROTOCOL_VERSION = 70;
/** SSL 3.0 has no alert for a version. */
const REFUSALS: readonly number[] = [PROTOCOL_VERSION, HANDSHAKE_FAILURE];

describe("our server refuses", { skip }, () => {
  for (const kind of ["RSA", "ECDSA"] as const) {
    test(`with a key of ${kind}: every weak suite, by name; a good one it takes`, async () => {
      const { port, number, nextFailure } = await defaultServer(kind);
      await using _ = port;
      for (const [name, suites] of Object.entries(WEAK_SUITES)) {
        const failure = nextFailure();
        const answer = await sayHello(number, { version: TLS12, suites });
        assert.deepEqual(answer, { kind: "alert", alert: HANDSHAKE_FAILURE }, name);
        assert.match(await failure, /there is no cipher suite that both sides take/, name);
      }
      const suites = [...Object.values(WEAK_SUITES).flat(), GOOD[kind]];
      const hello = { version: TLS12, suites, compression: true };
      const answer = await sayHello(number, hello);
      assert.deepEqual(answer, { kind: "hello", suite: GOOD[kind], compression: 0 });
    });
  }

  test("every old version, by name", async () => {
    const { port, number, nextFailure } = await defaultServer("RSA");
    await using _ = port;
    for (const [name, version] of Object.entries(OLD_VERSIONS)) {
      const failure = nextFailure();
      const suites = [GOOD.RSA, ...Object.values(WEAK_SUITES).flat()];
      const answer = await sayHello(number, { version, suites });
      const isAlert = answer.kind === "alert" && REFUSALS.includes(answer.alert);
      assert.ok(isAlert, `${name}: ${JSON.stringify(answer)}`);
      assert.match(await failure, /only versions of TLS that are refused/, name);
    }
  });

  test("the same questions get another answer from a server that takes them", async () => {
    const number = await freePort();
    const lax = ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-cert", strong.cert];
    await using server = new Program("openssl", [
      ...["s_server", "-rev", "-accept", `127.0.0.1:${number}`, ...lax, "-key", strong.key],
    ]);
    await server.until(({ stdout }) => stdout.includes("ACCEPT") || undefined);
    for (const name of ["no encryption (NULL)", "no certificate (anonymous)", "CBC"]) {
      const suites = WEAK_SUITES[name] ?? [];
      assert.equal((await sayHello(number, { version: TLS12, suites })).kind, "hello", name);
    }
    const suites = WEAK_SUITES["no forward secrecy"] ?? [];
    assert.equal((await sayHello(number, { version: 0x0301, suites })).kind, "hello");
  });

  test("a client that renegotiates", async () => {
    const { port, number, server } = await defaultServer("RSA");
    await using _ = port;
    const where = ["s_client", "-connect", `127.0.0.1:${number}`, "-tls1_2"];
    await using program = new Program("openssl", [...where, "-CAfile", strong.cert], {
      input: "open",
    });
    await server.made;
    program.write("R\n");
    const reason = await server.lost;
    assert.equal(reason.code, "ERR_WIRE_PEER_PROTOCOL");
    assert.match(reason.error?.message ?? "", /it asks to renegotiate, which is refused/);
  });

  test("to have a key that is too short", async () => {
    const { cert, key } = await rsa(1024);
    const weak = { cert: readFileSync(cert), key: readFileSync(key) };
    assert.throws(() => tls(tcp({ port: 0 }), weak), /key too small/);
  });
});

describe("our client refuses", { skip }, () => {
  const refuses = (what: string, options: readonly string[], pattern: RegExp): void => {
    test(what, async () => {
      const number = await freePort();
      const identity = ["-cert", strong.cert, "-key", strong.key];
      await using server = new Program("openssl", [
        ...["s_server", "-rev", "-accept", `127.0.0.1:${number}`, ...identity, ...options],
      ]);
      await server.until(({ stdout }) => stdout.includes("ACCEPT") || undefined);
      const client = new RecordingProtocol<TlsTransport>();
      const trusting = { ca: readFileSync(strong.cert), servername: "localhost" };
      const endpoint = tls(tcp({ port: number }), trusting);
      await assert.rejects(endpoint.connect(client), pattern);
      assert.deepEqual(client.calls, []);
    });
  };
  const weakly = (version: string, suites: string): readonly string[] => [
    version,
    ...["-cipher", `${suites}:@SECLEVEL=0`],
  ];
  for (const version of ["-tls1", "-tls1_1"]) {
    refuses(`a server of ${version}`, weakly(version, "ALL"), /it refuses our versions of TLS/);
  }
  const nothing = /alert "handshake failure": there is nothing that both sides take/;
  for (const [what, suites] of Object.entries({
    "a server without encryption": "NULL",
    "an anonymous server": "aNULL",
    "a server without forward secrecy": "kRSA",
    "a server with CBC": "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384",
    "a server with Diffie-Hellman": "DHE-RSA-AES128-GCM-SHA256",
  })) {
    refuses(what, weakly("-tls1_2", suites), nothing);
  }

  test("a server whose key is too short", async () => {
    const { cert, key } = await rsa(1024);
    const number = await freePort();
    await using server = new Program("openssl", [
      ...["s_server", "-rev", "-accept", `127.0.0.1:${number}`, "-cert", cert, "-key", key],
      ...["-cipher", "ALL:@SECLEVEL=0"],
    ]);
    await server.until(({ stdout }) => stdout.includes("ACCEPT") || undefined);
    const endpoint = tls(tcp({ port: number }), {
      ca: readFileSync(cert),
      servername: "localhost",
    });
    await assert.rejects(endpoint.connect(new RecordingProtocol<TlsTransport>()), {
      code: "ERR_WIRE_CERTIFICATE",
      message: /certificate is not taken \(EE certificate key too weak\)/,
    });
  });
});
