import assert from "node:assert/strict";
import type { CloseReason } from "../../src/contract/index.ts";
import type { TlsTransport } from "../../src/layers/tls/index.ts";
import { tlsFromFiles } from "../../src/layers/tls/tls-from-files.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { HalfCloseAware, patterned } from "../wires/recording-protocol.ts";
import { Program } from "./program.ts";
import type { TlsFiles } from "./tls-files.ts";
import { ourClient } from "./tls-ours.ts";
import type { ClientProgram, ServerProgram, Version } from "./tls-peers.ts";
import { CLIENT_PROGRAMS, SERVER_PROGRAMS, VERSIONS } from "./tls-peers.ts";
import type { TlsTrial } from "./tls-trials.ts";

/** How sessions end: cut short by a death, or one direction at a time. */
export function endTrials(): readonly TlsTrial[] {
  const talkers = CLIENT_PROGRAMS.filter(({ speaks }) => speaks === "echo");
  return [
    ...VERSIONS.flatMap((version) => [
      ...SERVER_PROGRAMS.map((server) => killedServer(server, version)),
      ...SERVER_PROGRAMS.map((server) => killedServerOfCommand(server, version)),
      ...talkers.map((client) => killedClient(client, version)),
    ]),
    ...talkers.filter(({ name }) => name === "gnutls-cli").map(lateReply),
    halfCloseWithPython("our client ends first"),
    halfCloseWithPython("our server answers after the end"),
  ];
}

function killedServer(server: ServerProgram, version: Version): TlsTrial {
  return {
    name: `our library, ${server.name}, ${version}: killed in a session`,
    needs: server.needs,
    run: async ({ server: identity, ca }) => {
      await using peer = await server.start({ version, identity });
      const words = { ca, servername: "localhost" };
      const client = new HalfCloseAware<TlsTransport>();
      await (await tlsFromFiles(tcp({ port: peer.port }), words)).connect(client);
      client.transport.write(new TextEncoder().encode("a line\n"));
      await client.received(7);
      await peer.program.stop("SIGKILL");
      return assertTruncated(await client.lost);
    },
  };
}

function killedServerOfCommand(server: ServerProgram, version: Version): TlsTrial {
  return {
    name: `our command, ${server.name}, ${version}: killed in a session`,
    needs: server.needs,
    run: async ({ server: identity, ca }) => {
      await using peer = await server.start({ version, identity });
      const words = { ca, servername: "localhost" };
      const kill = async (): Promise<void> => void (await peer.program.stop("SIGKILL"));
      const { said } = await ourClient("command", peer.port, words, "a line", kill);
      assert.match(said, /Cut short: .*without TLS's end mark/);
      return said.trim().split("\n").at(-1) ?? "";
    },
  };
}

function killedClient(client: ClientProgram, version: Version): TlsTrial {
  return {
    name: `${client.name}, our library, ${version}: killed in a session`,
    needs: client.needs,
    run: async ({ server: identity, ca }) => {
      const server = new HalfCloseAware<TlsTransport>();
      const endpoint = await tlsFromFiles(tcp({ port: 0 }), identity);
      await using listening = await endpoint.listen(() => server);
      const { port } = listening.getHost() as { readonly port: number };
      await using program = client.start({ port, version, ca, name: "localhost" });
      program.write("a line\n");
      await server.received(7);
      // When it has read all that we sent, its kernel has nothing left to reset for.
      server.transport.write(new TextEncoder().encode("an answer\n"));
      await program.until(({ stdout }) => stdout.includes("an answer") || undefined);
      await program.stop("SIGKILL");
      return assertTruncated(await server.lost);
    },
  };
}

/** Its input ends, and with that its direction; what comes a while later is all there. */
function lateReply(client: ClientProgram): TlsTrial {
  return {
    name: `${client.name}, our library, 1.3: a late reply to an ended question`,
    needs: client.needs,
    run: async ({ server: identity, ca }) => {
      const answer = "the late answer ".repeat(20_000);
      const server = new HalfCloseAware<TlsTransport>();
      const endpoint = await tlsFromFiles(tcp({ port: 0 }), identity);
      await using listening = await endpoint.listen(() => server);
      const { port } = listening.getHost() as { readonly port: number };
      await using program = client.start({ port, version: "1.3", ca, name: "localhost" });
      program.write("a question\n");
      program.endInput();
      await server.readEnded;
      assert.equal(server.bytes.toString(), "a question\n");
      server.transport.write(new TextEncoder().encode(answer));
      server.transport.loseConnection();
      const { status, stdout } = await program.outcome;
      assert.deepEqual([status, stdout.includes(answer)], [0, true], stdout.slice(-500));
      return describe(await server.lost);
    },
  };
}

/** OpenSSL's library, whose programs cannot half-close, through Python's. */
function halfCloseWithPython(
  what: "our client ends first" | "our server answers after the end",
): TlsTrial {
  const isOurClient = what === "our client ends first";
  return {
    name: `python3 with libssl, our library, 1.3: ${what}`,
    needs: ["python3"],
    run: async (files) => {
      const answer = patterned(300_000);
      return isOurClient ? await pythonAnswers(files, answer) : await pythonAsks(files, answer);
    },
  };
}

async function pythonAnswers({ server, ca }: TlsFiles, answer: Uint8Array): Promise<string> {
  await using program = python("server", server.cert, server.key);
  const port = await program.until(
    ({ stdout }) => Number(/^(\d+)\n/.exec(stdout)?.[1]) || undefined,
  );
  const client = new HalfCloseAware<TlsTransport>();
  await (await tlsFromFiles(tcp({ port }), { ca, servername: "localhost" })).connect(client);
  client.transport.write(new TextEncoder().encode("question"));
  client.transport.loseWriteConnection();
  const reason = await client.lost;
  const { stdout, stderr } = await program.outcome;
  assert.match(stdout, /^asked question$/m, stderr);
  assert.equal(client.byteCount, answer.byteLength);
  assert.deepEqual(client.calls.slice(-2), ["readLost", "lost"]);
  return describe(reason);
}

async function pythonAsks({ server, ca }: TlsFiles, answer: Uint8Array): Promise<string> {
  const protocol = new HalfCloseAware<TlsTransport>();
  const endpoint = await tlsFromFiles(tcp({ port: 0 }), server);
  await using listening = await endpoint.listen(() => protocol);
  const { port } = listening.getHost() as { readonly port: number };
  await using program = python("client", ca, String(port));
  await protocol.readEnded;
  assert.equal(protocol.bytes.toString(), "question");
  protocol.transport.write(answer);
  protocol.transport.loseConnection();
  const { stdout, stderr } = await program.outcome;
  assert.match(stdout, new RegExp(`^answered ${answer.byteLength}$`, "m"), stderr);
  return describe(await protocol.lost);
}

function python(...args: readonly string[]): Program {
  return new Program("python3", ["-c", PEER, ...args], { timeoutMs: 30_000 });
}

function assertTruncated(reason: CloseReason): string {
  const seen = [reason.kind, reason.by, reason.code];
  assert.deepEqual(seen, ["lost", "wire", "ERR_WIRE_TRUNCATED"]);
  return describe(reason);
}

function describe({ kind, by, code, error }: CloseReason): string {
  return [kind, by, code, error?.message].filter((part) => part !== undefined).join(" ");
}

/** A server that answers after the end of the question, or a client that ends its question. */
const PEER = `
import socket, ssl, sys
role, one, two = sys.argv[1:]
if role == "server":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(one, two)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    wire = listener.accept()[0]
else:
    context = ssl.create_default_context(cafile=one)
    wire = socket.create_connection(("127.0.0.1", int(two)))
context.minimum_version = ssl.TLSVersion.TLSv1_3
arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
session = context.wrap_bio(
    arrived, leaving, role == "server", None if role == "server" else "localhost"
)
def flush():
    wire.sendall(leaving.read())
def run(step):
    while True:
        try:
            result = step()
            flush()
            return result
        except ssl.SSLWantReadError:
            flush()
            data = wire.recv(65536)
            arrived.write(data) if data else arrived.write_eof()
def read_all():
    everything = b""
    while True:
        try:
            data = run(lambda: session.read(65536))
        except ssl.SSLZeroReturnError:
            return everything
        if not data:
            return everything
        everything += data
run(session.do_handshake)
if role == "server":
    print("asked", read_all().decode(), flush=True)
    run(lambda: session.write(b"x" * 300000))
    run(session.unwrap)
else:
    run(lambda: session.write(b"question"))
    try:
        session.unwrap()
    except ssl.SSLWantReadError:
        flush()
    print("answered", len(read_all()), flush=True)
wire.close()
`;
