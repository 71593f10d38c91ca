/**
 * Hands a live TCP connection to another process; its peer notices nothing, and no byte is lost.
 */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bytes, Protocol, TcpTransport, UnixTransport } from "overwall";
import { UnsupportedError } from "overwall";
import { adoptTcp, tcp } from "overwall/tcp";
import { unix } from "overwall/unix";

const path = join(tmpdir(), `overwall-hand-over-${process.ppid}-${process.pid}.sock`);
const [isChild, childPath = path] = [process.argv[2] === "child", process.argv[3]];
const say = (text: string): Uint8Array => new TextEncoder().encode(text);
const hear = (data: Bytes): string => new TextDecoder().decode(data);

/** Answers every line; who it is shows in the answer. */
function answering(who: string): Protocol<TcpTransport> {
  let transport: TcpTransport;
  return {
    connectionMade: (made) => {
      transport = made;
    },
    dataReceived: (data) => transport.write(say(`${who} heard ${hear(data)}`)),
    connectionLost: () => undefined,
  };
}

/** Takes the descriptor, then the bytes that were read before, up to the end. */
async function takeOver(): Promise<void> {
  const unread: Bytes[] = [];
  let fd = -1;
  await unix({ path: childPath }).connect({
    connectionMade: () => undefined,
    fileDescriptorReceived: (received: number) => {
      fd = received;
    },
    // The first byte is what the descriptor travelled with.
    dataReceived: (data: Bytes) => void unread.push(data),
    connectionLost: () => {
      const rest = new Uint8Array(Buffer.concat(unread).subarray(1));
      void adoptTcp({ fd, unread: rest }).connect(answering("the child"));
    },
  });
}

async function handOver(): Promise<void> {
  let served!: TcpTransport;
  const server = await tcp({ port: 0, driver: "native" }).listen(() => ({
    connectionMade: (transport) => {
      served = transport;
    },
    dataReceived: (data) => {
      served.write(say(`the parent heard ${hear(data)}`));
      // What comes before the child is there goes with the connection.
      served.pauseProducing();
      void give();
    },
    connectionLost: () => undefined,
  }));
  const control = await unix({ path }).listen(() => ({
    connectionMade: (transport) => handed(transport),
    dataReceived: () => undefined,
    connectionLost: () => undefined,
  }));
  let handed!: (transport: UnixTransport) => void;
  const child = new Promise<UnixTransport>((resolve) => {
    handed = resolve;
  });
  const script = fileURLToPath(import.meta.url);
  spawn(process.execPath, [script, "child", path], { stdio: "inherit" });
  const give = async (): Promise<void> => {
    const to = await child;
    const { fd, unread } = await served.detach();
    void to.sendFileDescriptor(fd);
    closeSync(fd);
    to.writeSequence([say("!"), unread]);
    to.loseConnection();
    await Promise.all([control.stopListening(), server.stopListening()]);
  };
  const { port } = server.getHost() as { readonly port: number };
  await tcp({ port }).connect(asking(["one\n", "two\n", "three\n"]));
}

/** Asks a line when the one before was answered. */
function asking(lines: readonly string[]): Protocol<TcpTransport> {
  let transport: TcpTransport;
  let next = 0;
  const ask = (): void => {
    const line = lines[next++];
    if (line === undefined) transport.loseConnection();
    else transport.write(say(line));
  };
  return {
    connectionMade: (made) => {
      transport = made;
      ask();
    },
    dataReceived: (data) => {
      process.stdout.write(hear(data));
      ask();
    },
    connectionLost: ({ kind, by }) => void process.stdout.write(`${kind} by ${by}\n`),
  };
}

try {
  await (isChild ? takeOver() : handOver());
} catch (error) {
  if (!(error instanceof UnsupportedError)) throw error;
  process.stdout.write(`not here: ${error.message}\n`);
}
