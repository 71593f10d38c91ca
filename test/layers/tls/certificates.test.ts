import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListeningPort } from "../../../src/contract/index.ts";
import { isWireError } from "../../../src/contract/index.ts";
import type { TlsOptions, TlsTransport } from "../../../src/layers/tls/index.ts";
import { CertificateStore, selfSigned, tls } from "../../../src/layers/tls/index.ts";
import { issueCertificate } from "../../../src/layers/tls/x509.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { RecordingProtocol } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, issued, securePair, to } from "./authority.ts";

interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly calls: readonly string[];
}

/** Connects to a server with `server`, which is expected to be refused. */
async function refusal(server: TlsOptions, client: TlsOptions = {}): Promise<Outcome> {
  await using port = await tls(tcp({ port: 0 }), server).listen(() => new RecordingProtocol(), {
    onError: () => {},
  });
  const protocol = new RecordingProtocol();
  const endpoint = tls(to(port), { ca: authority.cert, ...client });
  const error = await endpoint.connect(protocol).then(
    () => assert.fail("it connected"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isWireError(error), String(error));
  return { code: error.code, message: error.message, calls: protocol.calls };
}

describe("what a client refuses", () => {
  test("a certificate for another name, and says for which it is", async () => {
    const outcome = await refusal(await issued(["elsewhere.test"]), { servername: "here.test" });
    assert.deepEqual([outcome.code, outcome.calls], ["ERR_WIRE_CERTIFICATE", []]);
    assert.match(outcome.message, /for another name \(.*here\.test.*elsewhere\.test/);
  });

  test("one for a name, where a literal address was asked for", async () => {
    const outcome = await refusal(await issued(["localhost"]));
    assert.equal(outcome.code, "ERR_WIRE_CERTIFICATE");
    assert.match(outcome.message, /for another name \(.*127\.0\.0\.1/);
  });

  test("one that has expired", async () => {
    const outcome = await refusal(await issued(["127.0.0.1"], -5, -1));
    assert.deepEqual([outcome.code, outcome.calls], ["ERR_WIRE_CERTIFICATE", []]);
    assert.match(outcome.message, /has expired/);
  });

  test("one that is not valid yet", async () => {
    const outcome = await refusal(await issued(["127.0.0.1"], 2, 5));
    assert.equal(outcome.code, "ERR_WIRE_CERTIFICATE");
    assert.match(outcome.message, /not valid yet/);
  });

  test("one whose issuer nobody knows", async () => {
    const stranger = await issueCertificate({
      names: ["a stranger"],
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 1e9),
    });
    const outcome = await refusal(await issued(["127.0.0.1"], -1, 5, stranger));
    assert.equal(outcome.code, "ERR_WIRE_CERTIFICATE");
    assert.match(outcome.message, /nobody that is trusted here issued/);
  });

  test("a self-signed one, until it is given as ca", async () => {
    const own = await selfSigned({ names: ["127.0.0.1"] });
    const outcome = await refusal(own);
    assert.deepEqual(
      [outcome.code, /is self-signed/.test(outcome.message)],
      ["ERR_WIRE_CERTIFICATE", true],
    );
    await using pair = await securePair(own, { ca: own.cert });
    assert.equal(pair.client.transport.authorized, true);
  });

  test("what its own check refuses, with the words of that", async () => {
    const outcome = await refusal(forLocalhost, {
      checkServerIdentity: () => new Error("not the pinned key"),
    });
    assert.equal(outcome.code, "ERR_WIRE_CERTIFICATE");
    assert.match(outcome.message, /not the pinned key/);
  });

  test("nothing with insecure, and authorized tells what it is worth", async () => {
    await using pair = await securePair(await issued(["elsewhere.test"]), {
      insecure: true,
      ca: [],
    });
    assert.equal(pair.client.transport.authorized, false);
    assert.match(pair.client.transport.peerCertificate?.subjectAltName ?? "", /elsewhere\.test/);
  });
});

describe("a client's certificate", () => {
  const required: TlsOptions = { requestCert: true, ca: authority.cert };

  test("is told to the server that requires one", async () => {
    const { cert, key } = await issued(["a client"]);
    await using pair = await securePair(required, { cert, key });
    assert.equal(pair.server.transport.authorized, true);
    assert.equal(pair.server.transport.peerCertificate?.subject, "CN=a client");
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    for (const kind of ["none", "of a stranger"] as const) {
      test(`${kind}: the server makes no protocol and says why, ${version}`, async () => {
        const own = await selfSigned({ names: ["a client"] });
        const errors: unknown[] = [];
        let told!: () => void;
        const failed = new Promise<void>((resolve) => (told = resolve));
        const server = tls(tcp({ port: 0 }), { ...forLocalhost, ...required });
        let made = 0;
        const factory = (): RecordingProtocol => {
          made++;
          return new RecordingProtocol();
        };
        await using port = await server.listen(factory, {
          onError: (error, { during }) => {
            errors.push(error, during);
            told();
          },
        });
        const client = tls(to(port), {
          ca: authority.cert,
          maxVersion: version,
          ...(kind === "none" ? {} : own),
        });
        const protocol = new RecordingProtocol();
        // In 1.3 the client is done before the server has judged it.
        const connected = await client.connect(protocol).then(
          () => protocol.lost.then(({ kind: end }) => end),
          () => "refused",
        );
        await failed;
        assert.equal(made, 0);
        assert.equal(errors[1], "handshake");
        assert.ok(isWireError(errors[0]) && errors[0].code === "ERR_WIRE_CERTIFICATE");
        const why = kind === "none" ? /gave no certificate/ : /is self-signed/;
        assert.match(errors[0].message, why);
        assert.notEqual(connected, "done");
      });
    }
  }
});

describe("several certificates", () => {
  const names = (port: ListeningPort, servername: string): Promise<string | undefined> =>
    subject(port, { servername });

  async function subject(port: ListeningPort, client: TlsOptions): Promise<string | undefined> {
    const protocol = new RecordingProtocol<TlsTransport>();
    await tls(to(port), { ca: authority.cert, ...client }).connect(protocol);
    const { peerCertificate } = protocol.transport;
    protocol.transport.loseConnection();
    await protocol.lost;
    return peerCertificate?.subject;
  }

  test("the name asked for chooses: in full, by wildcard, else the first", async () => {
    const certificates = [
      await issued(["first.test", "localhost"]),
      await issued(["*.wild.test"]),
      await issued(["exact.wild.test"]),
    ];
    await using port = await tls(tcp({ port: 0 }), { certificates }).listen(
      () => new RecordingProtocol(),
    );
    assert.equal(await names(port, "any.wild.test"), "CN=*.wild.test");
    assert.equal(await names(port, "exact.wild.test"), "CN=exact.wild.test");
    assert.equal(await names(port, "first.test"), "CN=first.test");
    assert.equal(await subject(port, { servername: "no.test", insecure: true }), "CN=first.test");
  });

  test("a reload counts for later connections; a broken one changes nothing", async () => {
    let current = [await issued(["127.0.0.1", "old"])];
    const store = await CertificateStore.open(() => current);
    const endpoint = tls(tcp({ port: 0 }), { certificates: store });
    await using port = await endpoint.listen(() => new RecordingProtocol());
    const there = new RecordingProtocol();
    await tls(to(port), { ca: authority.cert }).connect(there);
    assert.equal(await subject(port, {}), "CN=127.0.0.1");
    current = [await issued(["new", "127.0.0.1"])];
    await endpoint.reload?.();
    assert.equal(await subject(port, {}), "CN=new");
    const [good] = current;
    current = [{ ...(good as (typeof current)[0]), cert: forLocalhost.cert }];
    await assert.rejects(store.reload(), /certificate and its key/);
    current = [];
    await assert.rejects(store.reload(), /there is none/);
    assert.equal(await subject(port, {}), "CN=new");
    assert.deepEqual(there.calls, ["made"]);
    there.transport.loseConnection();
    await there.lost;
  });
});

test("wrong options are refused where they are given", async () => {
  const wire = tcp({ port: 1 });
  const { cert } = forLocalhost;
  const { key } = await issued(["another"]);
  assert.throws(() => tls(wire, { cert }), /cert and key go together/);
  assert.throws(() => tls(wire, { cert, key }), TypeError);
  assert.throws(() => tls(wire, { minVersion: "TLSv1.1" } as never), RangeError);
  assert.throws(() => tls(wire, { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }), RangeError);
  assert.throws(() => tls(wire, { alpn: [""] }), /alpn/);
  assert.throws(() => tls(wire, { ca: "no certificate" }), /ca must be certificates in PEM/);
  assert.throws(() => tls(undefined as never), /the endpoint beneath/);
  await assert.rejects(
    tls(wire).listen(() => null),
    /a server needs cert and key/,
  );
  await assert.rejects(selfSigned({ names: [] }), RangeError);
  await assert.rejects(selfSigned({ names: ["a"], days: 0 }), RangeError);
});
