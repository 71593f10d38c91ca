import assert from "node:assert/strict";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { Scratch } from "../interop/scratch.ts";
import { authority, forLocalhost, issued } from "../layers/tls/authority.ts";
import type { Ended } from "./run-cli.ts";
import { CliRun, runCli } from "./run-cli.ts";

const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

function file(name: string, content: string): string {
  const path = scratch.path(name);
  // In one step, as whoever renews certificates should do it.
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}

const ca = file("ca.pem", authority.cert);
const both = ({ cert, key }: { readonly cert: string; readonly key: string }): string => cert + key;

interface TlsEvent {
  readonly event: string;
  readonly protocol: string;
  readonly authorized: boolean;
  readonly unauthorizedWhy: string;
  readonly chain: readonly { readonly subject: string; readonly sha256: string }[];
}

/** Connects, says hello, and gives what the handshake settled. */
async function session(url: string): Promise<TlsEvent> {
  const { code, stdout, stderr } = await connect(url, "--json");
  assert.deepEqual([code, stdout.toString()], [0, "hello\n"], stderr);
  const events = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TlsEvent);
  return events.find(({ event }) => event === "tls") as TlsEvent;
}

function connect(url: string, ...more: readonly string[]): Promise<Ended> {
  return new CliRun(["connect", "--tls-info", ...more, url]).input("hello\n").ended;
}

describe("connect --tls-info", () => {
  test("tells session, chain and what is wrong with it, as words and as an event", async () => {
    await using server = new CliRun(["serve", "echo", "tls://127.0.0.1:0?selfSigned"]);
    const [, port] = await server.saw(/listening on tls:\/\/127\.0\.0\.1:(\d+), serving echo/);
    const url = `tls://localhost:${port}?insecure`;
    const event = await session(url);
    assert.deepEqual([event.protocol, event.authorized], ["TLSv1.3", false]);
    assert.match(event.unauthorizedWhy, /self-signed/);
    assert.deepEqual(
      event.chain.map(({ subject }) => subject),
      ["CN=127.0.0.1"],
    );
    const { stderr } = await connect(url);
    assert.ok(stderr.includes(`connected to tls://127.0.0.1:${port}\n`), stderr);
    assert.match(stderr, /^TLS: TLSv1\.3, TLS_\w+$/m);
    assert.match(stderr, /^ {2}0: certificate of CN=127\.0\.0\.1, issued by CN=127\.0\.0\.1$/m);
    assert.match(stderr, /^ {5}valid from \S+Z to \S+Z \(29 days left\)$/m);
    assert.match(stderr, /SHA-256 [0-9A-F:]{95}$/m);
    assert.match(stderr, /^ {2}NOT verified: its certificate is self-signed/m);
    const refused = await connect(`tls://localhost:${port}`);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^overwall: .*certificate is self-signed, and not trusted/m);
  });

  test("has the whole chain, and says that it was verified", async () => {
    const cert = file("chain.pem", forLocalhost.cert + authority.cert + forLocalhost.key);
    await using server = new CliRun(["serve", "echo", `tls://127.0.0.1:0?cert=${cert}`]);
    const [, at] = await server.saw(/listening on (\S+),/);
    const event = await session(`${at}?ca=${ca}&servername=localhost`);
    assert.deepEqual([event.authorized, event.unauthorizedWhy], [true, ""]);
    assert.deepEqual(
      event.chain.map(({ subject }) => subject),
      ["CN=localhost", "CN=an authority of this test"],
    );
    assert.match((await connect(`${at}?ca=${ca}`)).stderr, /^ {2}verified$/m);
  });

  test("over plain TCP says so", async () => {
    await using server = new CliRun(["serve", "echo", "tcp://127.0.0.1:0"]);
    const [, at] = await server.saw(/listening on (\S+),/);
    assert.match((await connect(at as string)).stderr, /not over TLS; write tls:\/\//);
  });
});

describe("what is wrong with certificate files is told in words, where the option stands", () => {
  const none = file("none.pem", "not a certificate\n");
  const good = file("good.pem", both(forLocalhost));
  const other = file("other.pem", authority.key);
  const rows: readonly (readonly [string, string, RegExp])[] = [
    [`cert=${none}`, "cert=", /there is no PEM certificate in `cert`/],
    [`cert=${file("empty.pem", "")}`, "cert=", /there is no PEM certificate in `cert`/],
    [`cert=${good}&key=${none}`, "key=", /there is no PEM key in `key`/],
    [`cert=${good}&key=${other}`, "key=", /the key in `key` is not the one of `cert`/],
    [`ca=${none}`, "ca=", /ca: there is no PEM certificate in "/],
    ["saveCert=x.pem", "saveCert", /it goes with selfSigned/],
    ["selfSigned&saveCert=/no/such/x", "saveCert", /cannot write "\/no\/such\/x" \(ENOENT\)/],
  ];
  for (const [query, option, words] of rows) {
    test(query.replaceAll(scratch.folder, ""), async () => {
      const { code, stderr } = await runCli("connect", `tls://localhost:1?${query}`);
      assert.equal(code, 2, stderr);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /routines/);
      const [, url = "", caret = ""] = stderr.trimEnd().split("\n");
      assert.ok(url.slice(caret.indexOf("^")).startsWith(option), stderr);
    });
  }
});

describe("connect over TLS", () => {
  test("says in the words of the command how to trust a server, which can write its certificate", async () => {
    const made = scratch.path("made.pem");
    const listen = `tls://127.0.0.1:0?selfSigned&saveCert=${made}`;
    await using server = new CliRun(["serve", "echo", listen]);
    const [, at] = await server.saw(/listening on (\S+),/);
    const refused = await connect(at as string);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /give it as \?ca=FILE \(\?insecure takes any\)$/m);
    assert.equal((await session(`${at}?ca=${made}`)).authorized, true);
  });

  test("to a port without it asks whether TLS is spoken there, also where it echoes", async () => {
    await using server = new CliRun(["serve", "echo", "tcp://127.0.0.1:0"]);
    const [, at = ""] = await server.saw(/listening on tcp:(\S+),/);
    const { code, stderr } = await connect(`tls:${at}`);
    assert.equal(code, 1);
    assert.match(stderr, /does the other side speak TLS there\?$/m);
  });
});

describe("a listener over TLS", () => {
  test("is shown as what leads to it, over a UNIX socket, too", async () => {
    const path = scratch.path("s");
    await using server = new CliRun(["serve", "echo", `tls+unix://${path}?selfSigned`]);
    const [, at] = await server.saw(/listening on (\S+),/);
    assert.equal(at, `tls+unix://${path}`);
    await using relay = new CliRun(["relay", "tls://127.0.0.1:0?selfSigned", `${at}?insecure`]);
    const [, front] = await relay.saw(/listening on (tls:\S+),/);
    assert.equal((await session(`${front}?insecure`)).protocol, "TLSv1.3");
  });

  test("has several certificates, chosen by name", async () => {
    const one = file("one.pem", both(await issued(["one.test"])));
    const two = file("two.pem", both(await issued(["two.test"])));
    await using server = new CliRun(["serve", "echo", `tls://127.0.0.1:0?cert=${one},${two}`]);
    const [, at] = await server.saw(/listening on (\S+),/);
    for (const name of ["one.test", "two.test"]) {
      const { chain } = await session(`${at}?ca=${ca}&servername=${name}`);
      assert.equal(chain[0]?.subject, `CN=${name}`);
    }
  });

  for (const command of ["serve", "relay"] as const) {
    test(`${command}: SIGHUP reads certificates again, and bad ones change nothing`, async () => {
      const cert = file(`${command}.pem`, both(await issued(["old", "127.0.0.1"])));
      await using target = new CliRun(["serve", "echo", "tcp://127.0.0.1:0"]);
      const [, behind] = await target.saw(/listening on (\S+),/);
      const listen = `tls://127.0.0.1:0?cert=${cert}`;
      await using server = new CliRun(
        command === "serve" ? ["serve", "echo", listen] : ["relay", listen, behind as string],
      );
      const [, at] = await server.saw(/listening on (\S+),/);
      await server.saw(/SIGHUP reads the certificates of tls:\S+ again/);
      const url = `${at}?ca=${ca}`;
      const subject = async (): Promise<string | undefined> =>
        (await session(url)).chain[0]?.subject;
      assert.equal(await subject(), "CN=old");
      await using there = new CliRun(["connect", url]);
      there.child.stdin.write("before\n");
      await there.saw(/before/, "stdout");
      file(`${command}.pem`, both(await issued(["new", "127.0.0.1"])));
      server.child.kill("SIGHUP");
      await server.saw(/certificates read again/);
      assert.equal(await subject(), "CN=new");
      file(`${command}.pem`, forLocalhost.cert + authority.key);
      server.child.kill("SIGHUP");
      await server.saw(/overwall: tls:\S+: Cannot reload: .*certificate and its key.*stays in use/);
      assert.equal(await subject(), "CN=new");
      there.child.stdin.end("after\n");
      const { code, stdout } = await there.ended;
      assert.deepEqual([code, stdout.toString()], [0, "before\nafter\n"]);
      server.child.kill("SIGTERM");
      assert.equal((await server.ended).code, 0);
      assert.equal(existsSync(cert), true);
    });
  }

  test("without anything to read again SIGHUP ends it, as it does any other", async () => {
    await using server = new CliRun(["serve", "echo", "tcp://127.0.0.1:0"]);
    await server.saw(/listening on/);
    server.child.kill("SIGHUP");
    assert.equal((await server.ended).code, 0);
  });
});

/** What of the suite is about this wire in particular; all of it is held in test/conformance. */
const SOME = ["endpoint.", "halfClose.", "reason.", "abort."].flatMap((part) => ["--case", part]);

describe("conform over TLS", () => {
  for (const url of ["tls://127.0.0.1:0?selfSigned", "tls+memory://conform?selfSigned"]) {
    test(`finds nothing broken: ${url}`, async () => {
      assert.ok((await conforming(url, ...SOME)) > 50);
    });
  }

  test("makes the certificate where none was given, and says so", async () => {
    const { code, stderr } = await runCli("conform", "tls://127.0.0.1:0", "--case", "write.order");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^tls\+tcp:\/\/127\.0\.0\.1:0\?selfSigned: \d+ checks$/m);
  });

  test("finds nothing broken in a relay from TLS to TLS", async () => {
    const path = scratch.path("t");
    const cert = file("relay-target.pem", both(forLocalhost));
    await using relay = new CliRun([
      ...["relay", "tls://127.0.0.1:0?selfSigned"],
      `tls+unix://${path}?ca=${ca}&servername=localhost`,
    ]);
    const [, front] = await relay.saw(/listening on (\S+),/);
    const through = `${front}?insecure=tls+unix://${path}?cert=${cert}`;
    assert.ok((await conforming("--through", through)) >= 20);
  });
});

/** Runs the suite, finds nothing broken, and answers how many checks held. */
async function conforming(...args: readonly string[]): Promise<number> {
  const ended = await runCli("conform", ...args, "--json");
  const last = ended.stdout.toString().trim().split("\n").at(-1) ?? "";
  const { passed, failed } = JSON.parse(last) as { passed: number; failed: number };
  assert.deepEqual([failed, ended.code], [0, 0], ended.stdout.toString());
  return passed;
}
