import { randomBytes } from "node:crypto";
import { connect } from "node:net";

/** What a client offers in its first message. */
export interface Hello {
  /** `0x0301` is TLS 1.0. */
  readonly version: number;
  readonly suites: readonly number[];
  /** Offer compression as well. */
  readonly compression?: boolean;
}

/** What a server makes of it. */
export type HelloAnswer =
  | { readonly kind: "alert"; readonly alert: number }
  | { readonly kind: "hello"; readonly suite: number; readonly compression: number }
  | { readonly kind: "nothing" };

/**
 * Says hello as clients do that no library makes any more, and tells the first answer.
 *
 * What is refused has to be asked for first, and OpenSSL of today cannot even ask for much of it.
 */
export async function sayHello(port: number, hello: Hello): Promise<HelloAnswer> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytesOf(hello)));
    const arrived: Buffer[] = [];
    const look = (): void => {
      const answer = answerIn(Buffer.concat(arrived));
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    };
    socket.on("data", (data) => {
      arrived.push(data);
      look();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve({ kind: "nothing" }));
  });
}

function bytesOf({ version, suites, compression = false }: Hello): Buffer {
  const extensions = Buffer.concat([
    extension(RENEGOTIATION_INFO, Buffer.from([0])),
    extension(SUPPORTED_GROUPS, listOf16([X25519, P256])),
    extension(POINT_FORMATS, Buffer.from([1, 0])),
    extension(SIGNATURE_ALGORITHMS, listOf16([0x0403, 0x0804, 0x0401, 0x0203, 0x0201])),
  ]);
  const body = Buffer.concat([
    uint16(version),
    randomBytes(32),
    Buffer.from([0]),
    listOf16(suites),
    Buffer.from(compression ? [2, 1, 0] : [1, 0]),
    uint16(extensions.length),
    extensions,
  ]);
  const message = Buffer.concat([Buffer.from([CLIENT_HELLO, 0]), uint16(body.length), body]);
  return Buffer.concat([
    Buffer.from([HANDSHAKE]),
    uint16(Math.min(version, 0x0301)),
    uint16(message.length),
    message,
  ]);
}

function answerIn(bytes: Buffer): HelloAnswer | undefined {
  if (bytes[0] === ALERT && bytes.length >= 7) return { kind: "alert", alert: bytes[6] as number };
  if (bytes[0] !== HANDSHAKE || bytes.length < 44) return undefined;
  const suiteAt = 44 + (bytes[43] as number);
  if (bytes.length < suiteAt + 3) return undefined;
  const suite = bytes.readUInt16BE(suiteAt);
  return { kind: "hello", suite, compression: bytes[suiteAt + 2] as number };
}

function extension(kind: number, content: Buffer): Buffer {
  return Buffer.concat([uint16(kind), uint16(content.length), content]);
}

function listOf16(values: readonly number[]): Buffer {
  return Buffer.concat([uint16(values.length * 2), ...values.map(uint16)]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

const HANDSHAKE = 22;
const ALERT = 21;
const CLIENT_HELLO = 1;
const SUPPORTED_GROUPS = 10;
const POINT_FORMATS = 11;
const SIGNATURE_ALGORITHMS = 13;
const RENEGOTIATION_INFO = 0xff01;
const X25519 = 29;
const P256 = 23;
