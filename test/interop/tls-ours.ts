import { createServer as createHttpServer } from "node:http";
import type { Bytes } from "../../src/contract/index.ts";
import { describeReason } from "../../src/contract/index.ts";
import { relay } from "../../src/join/index.ts";
import type { TlsTransport } from "../../src/layers/tls/index.ts";
import type { TlsInWords } from "../../src/layers/tls/tls-from-files.ts";
import { tlsFromFiles } from "../../src/layers/tls/tls-from-files.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { HalfCloseAware, RecordingProtocol } from "../wires/recording-protocol.ts";
import { Program } from "./program.ts";
import { OVERWALL } from "./relay-command.ts";
import { listen } from "./socket-address.ts";

/** Our side of a trial: the library in this process, or the command in one of its own. */
export type Ours = "library" | "command";

export interface OurServer extends AsyncDisposable {
  readonly port: number;
  /** What it says of the first connection that did not begin. */
  failure(): Promise<string>;
}

/** Echoes, or serves a page. */
export async function ourServer(
  ours: Ours,
  speaks: "echo" | "http",
  words: TlsInWords,
): Promise<OurServer> {
  if (speaks === "echo") return ours === "library" ? await echoing(words) : await serving(words);
  const page = createHttpServer((_request, response) => response.end(PAGE));
  const target = await listen(page, { host: "127.0.0.1", port: 0 });
  if (!("port" in target)) throw new Error("a page is served over TCP");
  const server =
    ours === "library"
      ? await relaying(words, target.port)
      : await started(["relay", urlOf(0, words), `tcp://127.0.0.1:${target.port}`]);
  const close = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    page.closeAllConnections();
    await new Promise((resolve) => page.close(resolve));
  };
  return { port: server.port, failure: server.failure, [Symbol.asyncDispose]: close };
}

export const PAGE = "a page over TLS\n";

export interface OurOutcome {
  readonly answer: string;
  /** What the session was, or why there is none. */
  readonly said: string;
}

/**
 * Connects, says `line`, and waits for as long an answer.
 *
 * @param answered waited for then, before our end.
 */
export async function ourClient(
  ours: Ours,
  port: number,
  words: TlsInWords,
  line: string,
  answered: () => Promise<void> = async () => {},
): Promise<OurOutcome> {
  return ours === "library"
    ? await connecting(port, words, line)
    : await connectingByCommand(port, words, line, answered);
}

async function echoing(words: TlsInWords): Promise<OurServer> {
  const { failure, failed } = firstFailure();
  const endpoint = await tlsFromFiles(tcp({ port: 0 }), words);
  const port = await endpoint.listen(
    () => {
      const protocol = new HalfCloseAware<TlsTransport>();
      return Object.assign(protocol, {
        dataReceived: (data: Bytes) => protocol.transport.write(data),
        readConnectionLost: () => protocol.transport.loseConnection(),
      });
    },
    { onError: failed },
  );
  const { port: number } = port.getHost() as { readonly port: number };
  const close = (): Promise<void> => port.stopListening();
  return { port: number, failure: () => failure, [Symbol.asyncDispose]: close };
}

async function relaying(words: TlsInWords, target: number): Promise<OurServer> {
  const { failure, failed } = firstFailure();
  const endpoint = await tlsFromFiles(tcp({ port: 0 }), words);
  const working = await relay(endpoint, tcp({ port: target }), { onError: failed });
  const { port } = working.getHost() as { readonly port: number };
  const close = async (): Promise<void> => void (await working.close({ graceMs: 1000 }));
  return { port, failure: () => failure, [Symbol.asyncDispose]: close };
}

function firstFailure(): {
  readonly failure: Promise<string>;
  readonly failed: (error: unknown) => void;
} {
  let tell!: (message: string) => void;
  const failure = new Promise<string>((resolve, reject) => {
    tell = resolve;
    setTimeout(() => reject(new Error("no handshake failed here")), PATIENCE_MS).unref();
  });
  failure.catch(() => {});
  return { failure, failed: (error) => tell(error instanceof Error ? error.message : "?") };
}

function serving(words: TlsInWords): Promise<OurServer> {
  return started(["serve", "echo", urlOf(0, words)]);
}

const PATIENCE_MS = 20_000;

async function started(args: readonly string[]): Promise<OurServer> {
  const program = new Program(process.execPath, [OVERWALL, ...args], { timeoutMs: PATIENCE_MS });
  const port = await program.until(({ stderr }) => {
    const found = /listening on tls:\/\/127\.0\.0\.1:(\d+),/.exec(stderr);
    return found === null ? undefined : Number(found[1]);
  });
  const failure = (): Promise<string> =>
    program.until(({ stderr }) => /^overwall: .*handshake: (.*)$/m.exec(stderr)?.[1]);
  return { port, failure, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

async function connecting(port: number, words: TlsInWords, line: string): Promise<OurOutcome> {
  const protocol = new RecordingProtocol<TlsTransport>();
  try {
    await (await tlsFromFiles(tcp({ port }), words)).connect(protocol);
  } catch (error) {
    return { answer: "", said: error instanceof Error ? error.message : "?" };
  }
  const { transport } = protocol;
  const session = [transport.protocol, transport.alpn, transport.peerCertificate?.subject];
  transport.write(new TextEncoder().encode(`${line}\n`));
  await Promise.race([protocol.received(line.length + 1), protocol.lost]);
  transport.loseConnection();
  const reason = await protocol.lost;
  return {
    answer: protocol.bytes.toString(),
    said: [...session, describeReason(reason)].join(" "),
  };
}

async function connectingByCommand(
  port: number,
  words: TlsInWords,
  line: string,
  answered: () => Promise<void>,
): Promise<OurOutcome> {
  const args = [OVERWALL, "connect", "--tls-info", urlOf(port, words)];
  await using program = new Program(process.execPath, args, { input: "open" });
  program.write(`${line}\n`);
  await program
    .until(({ stdout }) => (stdout.length > line.length ? true : undefined))
    .catch(() => {});
  await answered();
  program.endInput();
  const { stdout, stderr } = await program.outcome;
  return { answer: stdout, said: stderr };
}

function urlOf(port: number, words: TlsInWords): string {
  const options = Object.entries(words).map(([name, value]) => `${name}=${value}`);
  return `tls://127.0.0.1:${port}?${options.join("&")}`;
}
