import type { Bytes, Chance } from "../../../src/contract/index.ts";

/** How the server is to give its reply. */
export type Manner = "write" | "push" | "pull" | "switch";

/**
 * A request: three bytes for its manner and the size of its body, the body, and what is replied.
 */
export interface Request {
  readonly manner: Manner;
  /** The server closes while it gives this reply: the producer has to hold the close. */
  readonly isLast: boolean;
  readonly body: Bytes;
}

const MANNERS: readonly Manner[] = ["write", "push", "pull", "switch"];
const HEADER_BYTES = 3;
/** A reply is so many times as long as the request's body. */
const REPLY_FACTOR = 40;

export function encode({ manner, isLast, body }: Request): Bytes {
  const kind = MANNERS.indexOf(manner) + (isLast ? 0x80 : 0);
  return Uint8Array.of(kind, body.length >> 8, body.length & 0xff, ...body);
}

/** The first request in `data` and where it ends; `undefined` while it is not whole. */
export function decode(
  data: Bytes,
): { readonly request: Request; readonly end: number } | undefined {
  const [kind = 0, high = 0, low = 0] = data;
  const end = HEADER_BYTES + (high << 8) + low;
  if (data.length < HEADER_BYTES || data.length < end) return undefined;
  const manner = MANNERS[kind & 0x7f];
  if (manner === undefined) throw new RangeError(`Cannot read a request: kind ${kind} is unknown`);
  return { request: { manner, isLast: kind >= 0x80, body: data.subarray(HEADER_BYTES, end) }, end };
}

/** What the server replies, so that either side can work it out. */
export function replyTo({ manner, body }: Request): Bytes {
  const reply = new Uint8Array(manner === "switch" ? 1 : body.length * REPLY_FACTOR);
  for (let at = 0; at < reply.length; at++) reply[at] = (body[at % body.length] ?? 1) + (at >> 8);
  return reply;
}

/** A conversation: some requests, of which a last one may make the server close. */
export function drawRequests(
  chance: Chance,
  kind: "closed by server" | "switched" | "plain",
): Request[] {
  const requests: Request[] = [];
  for (let left = chance.below(6); left > 0; left--) {
    requests.push({ manner: drawManner(chance), isLast: false, body: drawBytes(chance, 300) });
  }
  if (kind === "closed by server") {
    requests.push({ manner: drawManner(chance), isLast: true, body: drawBytes(chance, 2000) });
  } else if (kind === "switched") {
    requests.push({ manner: "switch", isLast: false, body: new Uint8Array(0) });
  }
  return requests;
}

export function drawBytes(chance: Chance, sizeMax: number): Bytes {
  return Uint8Array.from({ length: chance.below(sizeMax) }, () => chance.below(256));
}

function drawManner(chance: Chance): Manner {
  return MANNERS[chance.below(3)] ?? "write";
}
