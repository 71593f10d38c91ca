/**
 * Hands a live TCP connection to another process while its peer sends; the peer notices nothing,
 * and checks that no byte was lost.
 */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bytes, CloseReason, Protocol, TcpTransport, UnixTransport } from "overwall";
import { UnsupportedError } from "overwall";
import { adoptTcp, tcp } from "overwall/tcp";
import { unix } from "overwall/unix";

const path = join(tmpdir(), `overwall-hand-over-${process.ppid}-${process.pid}.sock`);
const [isChild, childPath = path] = [process.argv[2] === "child", process.argv[3]];
const hear = (data: Bytes): string => new TextDecoder().decode(data);

/** What the client sends: more than the system holds, and any two parts of it differ. */
const LETTERS = Buffer.alloc(8 * 1024 * 1024);
for (let at = 0; at < LETTERS.length; at++) {
  LETTERS[at] = 97 + ((Math.imul(at, 2_654_435_761) >>> 16) % 26);
}

/** Answers what it is sent, up to the end; in capitals, so that it shows who it was. */
function answering(): Protocol<TcpTransport> {
  let transport: TcpTransport;
  return {
    connectionMade: (made) => {
      transport = made;
    },
    dataReceived: (data) => transport.write(Buffer.from(hear(data).toUpperCase())),
    connectionLost: () => undefined,
  };
}

/** Takes the descriptor, then the bytes that were read before, up to the end. */
async function takeOver(): Promise<void> {
  const unread: Bytes[] = [];
  let fd = -1;
  await unix({ path: childPath, driver: "native" }).connect({
    connectionMade: () => undefined,
    fileDescriptorReceived: (received: number) => {
      fd = received;
    },
    // The first byte is what the descriptor travelled with.
    dataReceived: (data: Bytes) => void unread.push(data),
    connectionLost: () => {
      const rest = new Uint8Array(Buffer.concat(unread).subarray(1));
      void adoptTcp({ fd, unread: rest }).connect(answering());
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
      served.write(data);
      // What comes before the child is there goes with the connection.
      served.pauseProducing();
      void give();
    },
    connectionLost: () => undefined,
  }));
  const control = await unix({ path, driver: "native" }).listen(() => ({
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
    to.writeSequence([Buffer.from("!"), unread]);
    to.loseConnection();
    await Promise.all([control.stopListening(), server.stopListening()]);
  };
  const { port } = server.getHost() as { readonly port: number };
  await tcp({ port }).connect(new Client());
}

/** Sends it all at once, and wants it back: as it is by the parent, in capitals by the child. */
class Client implements Protocol<TcpTransport> {
  readonly #answers: Bytes[] = [];

  connectionMade(transport: TcpTransport): void {
    transport.write(LETTERS);
    transport.loseWriteConnection();
  }

  dataReceived(data: Bytes): void {
    this.#answers.push(data);
  }

  connectionLost({ kind, by }: CloseReason): void {
    const answer = Buffer.concat(this.#answers).toString();
    const byParent = answer.search(/[A-Z]/);
    const isWhole = answer.toLowerCase() === LETTERS.toString();
    if (isWhole && byParent > 0 && kind === "done") {
      const byChild = answer.length - byParent;
      process.stdout.write(`the parent answered ${byParent} bytes, the child ${byChild}\n`);
      process.stdout.write(`no byte was lost of ${answer.length}; ${kind} by ${by}\n`);
    } else {
      const got = `${answer.length} of ${LETTERS.byteLength}`;
      process.stderr.write(`the answer is not what was sent: ${got} bytes, ${kind} by ${by}\n`);
      process.exitCode = 1;
    }
  }
}

try {
  await (isChild ? takeOver() : handOver());
} catch (error) {
  if (!(error instanceof UnsupportedError)) throw error;
  process.stdout.write(`not here: ${error.message}\n`);
}
