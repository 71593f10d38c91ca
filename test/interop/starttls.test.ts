import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import type { TcpTransport } from "../../src/contract/index.ts";
import { lines } from "../../src/framing/index.ts";
import type { TlsTransport } from "../../src/layers/tls/index.ts";
import { startTls } from "../../src/layers/tls/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { authority, forLocalhost } from "../layers/tls/authority.ts";
import { mailServer } from "./mail-server.ts";
import { Program, runToEnd } from "./program.ts";
import { Scratch } from "./scratch.ts";
import { tlsFiles } from "./tls-files.ts";

// Mail is where connections change to TLS in the middle: clients and servers of others, and ours.
const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());
const files = await tlsFiles(scratch);

function needs(...programs: readonly string[]): string | false {
  const missing = missingPrograms(programs);
  return missing.length > 0 ? `needs ${missing.join(", ")} on PATH` : false;
}

/** swaks does TLS with a library that it does not bring along. */
function swaksWithTls(): string | false {
  const missing = needs("swaks");
  if (missing !== false) return missing;
  const report = execFileSync("swaks", ["--support"], { stdio: ["ignore", "pipe", "pipe"] });
  return /TLS supported/.test(report.toString()) ? false : "swaks has no Net::SSLeay for TLS";
}

describe("their client, our server", () => {
  test("swaks sends a letter after STARTTLS", { skip: swaksWithTls() }, async () => {
    await using server = await mailServer("smtp", forLocalhost);
    const { status, stdout, stderr } = await runToEnd("swaks", [
      ...["--server", `127.0.0.1:${server.port}`, "--tls", "--tls-verify"],
      ...["--tls-ca-path", files.ca, "--from", "me@test", "--to", "you@test"],
      ...["--body", "a letter over TLS", "--timeout", "20"],
    ]);
    assert.equal(status, 0, stdout + stderr);
    const { commands, letters } = server.heard;
    assert.match(letters[0] ?? "", /a letter over TLS/);
    assert.ok(commands.includes("STARTTLS") && commands.includes("tls QUIT"), commands.join());
    assert.equal(
      commands.some((command) => command.startsWith("MAIL")),
      false,
    );
  });

  for (const kind of ["smtp", "imap"] as const) {
    test(`openssl s_client -starttls ${kind}`, { skip: needs("openssl") }, async () => {
      await using server = await mailServer(kind, forLocalhost);
      await using program = new Program(
        "openssl",
        [
          ...["s_client", "-brief", "-starttls", kind, "-connect", `127.0.0.1:${server.port}`],
          ...["-CAfile", files.ca, "-verify_return_error", "-verify_hostname", "localhost"],
        ],
        { input: "open" },
      );
      await program.until(({ stderr }) => /Verification: OK/.test(stderr) || undefined);
      program.write(kind === "smtp" ? "quit\r\n" : "a logout\r\n");
      const { stdout, stderr } = await program.outcome;
      assert.match(stdout, kind === "smtp" ? /221 bye/ : /a OK bye/, stderr);
      assert.equal(server.heard.commands.at(-1), kind === "smtp" ? "tls quit" : "tls a logout");
    });
  }

  test("Python's smtplib and imaplib", { skip: needs("python3") }, async () => {
    await using smtp = await mailServer("smtp", forLocalhost);
    await using imap = await mailServer("imap", forLocalhost);
    const args = ["-c", CLIENTS, files.ca, String(smtp.port), String(imap.port)];
    const { status, stdout, stderr } = await runToEnd("python3", args, { timeoutMs: 30_000 });
    assert.deepEqual([status, stdout], [0, "sent\nBYE\n"], stderr);
    assert.match(smtp.heard.letters[0] ?? "", /from smtplib/);
    assert.ok(imap.heard.commands.some((command) => /^tls .* LOGOUT$/.test(command)));
  });

  test("what stands behind the command in the same packet is not taken for TLS's", async () => {
    await using server = await mailServer("smtp", forLocalhost);
    const attacker = new Connection<TcpTransport>();
    await tcp({ port: server.port }).connect(attacker);
    await attacker.send("EHLO me\r\nSTARTTLS\r\nMAIL FROM:<attacker@test>\r\nRSET\r\n");
    while ((await attacker.read()) !== null);
    await attacker.close();
    assert.deepEqual(server.heard.commands, ["EHLO me", "STARTTLS"]);
    assert.match(await server.failure, /what arrived is not TLS/);
  });
});

describe("our client, their server", () => {
  for (const early of [false, true]) {
    const what = early ? ", with lines that a third party put behind its answer" : "";
    test(`Python's ssl after STARTTLS${what}`, { skip: needs("python3") }, async () => {
      const { cert, key } = files.server;
      const args = ["-c", SERVER, cert, key, early ? "early" : "plain"];
      await using program = new Program("python3", args, { timeoutMs: 30_000 });
      const port = await program.until(
        ({ stdout }) => Number(/^(\d+)\n/.exec(stdout)?.[1]) || undefined,
      );
      const plain = new Connection<TcpTransport>();
      await tcp({ port }).connect(plain);
      const answers = lines(plain);
      assert.equal((await answers.next()).value, "220 mail.test");
      await plain.send("STARTTLS\r\n");
      assert.equal((await answers.next()).value, "220 go ahead");
      await answers.return();
      const secure = new Connection<TlsTransport>();
      const options = { role: "client", ca: authority.cert, servername: "localhost" } as const;
      const upgrading = startTls(plain, options, secure);
      if (early) {
        await assert.rejects(upgrading, { code: "ERR_WIRE_HANDSHAKE", message: /not TLS/ });
        assert.equal(secure.unreadBytes, 0);
        return;
      }
      await upgrading;
      await secure.send("EHLO me\r\n");
      assert.equal((await lines(secure).next()).value, "250 over TLSv1.3: EHLO me");
      assert.equal((await secure.close()).kind, "done");
    });
  }
});

const CLIENTS = `
import imaplib, smtplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
smtp = smtplib.SMTP("localhost", int(sys.argv[2]), timeout=20)
smtp.starttls(context=context)
smtp.sendmail("me@test", ["you@test"], "Subject: hello\\r\\n\\r\\nfrom smtplib\\r\\n")
smtp.quit()
print("sent", flush=True)
imap = imaplib.IMAP4("localhost", int(sys.argv[3]))
imap.starttls(context)
print(imap.logout()[0], flush=True)
`;

const SERVER = `
import socket, ssl, sys
cert, key, how = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
wire = listener.accept()[0]
wire.sendall(b"220 mail.test\\r\\n")
assert wire.recv(100) == b"STARTTLS\\r\\n"
early = b"250 trust me\\r\\n" if how == "early" else b""
wire.sendall(b"220 go ahead\\r\\n" + early)
try:
    secure = context.wrap_socket(wire, server_side=True)
    line = secure.recv(100).decode().strip()
    secure.sendall(f"250 over {secure.version()}: {line}\\r\\n".encode())
    secure.unwrap()
except (ssl.SSLError, OSError):
    pass
`;
