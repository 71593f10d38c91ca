import assert from "node:assert/strict";
import type { Bytes, CloseReason, Protocol, Transport } from "../../../src/contract/index.ts";
import { isHalfCloseable } from "../../../src/contract/index.ts";
import type { World } from "../../../src/memory/index.ts";
import type { Account } from "./account.ts";
import type { Request } from "./request.ts";
import { drawBytes, drawRequests, encode, replyTo } from "./request.ts";
import { takeOver } from "./take-over.ts";

/** Who ends the conversation, and how. */
const ENDINGS = [
  "half-close at once",
  "half-close",
  "close",
  "closed by server",
  "switched",
] as const;

export type Ending = (typeof ENDINGS)[number];

/**
 * Sends requests, each after the reply to the one before or all at once, and checks the replies.
 */
export class RequestClient implements Protocol {
  readonly ending: Ending;
  readonly #world: World;
  readonly #account: Account;
  readonly #requests: Request[];
  readonly #expected: Bytes[];
  readonly #isPatient: boolean;
  #transport: Transport | undefined;
  #unread: Bytes = new Uint8Array(0);
  #isSwitched = false;

  constructor(world: World, account: Account) {
    const { chance } = world;
    this.ending = ENDINGS[chance.below(ENDINGS.length)] ?? "close";
    const { ending } = this;
    const kind = ending === "closed by server" || ending === "switched" ? ending : "plain";
    this.#world = world;
    this.#account = account;
    this.#requests = drawRequests(chance, kind);
    this.#expected = this.#requests.map(replyTo).filter(({ length }) => length > 0);
    this.#isPatient = ending !== "half-close at once" && chance.chance(0.5);
  }

  /** How many replies have not come. */
  get missing(): number {
    return this.#expected.length;
  }

  connectionMade(transport: Transport): void {
    this.#account.calls.push("made");
    this.#transport = transport;
    if (this.#isPatient) this.#sendUntilReply(transport);
    else while (this.#requests.length > 0) this.#send(transport);
    if (this.ending === "half-close at once") endSending(transport);
    else this.#endIfAnswered(transport);
  }

  dataReceived(data: Bytes): void {
    this.#account.received(data);
    this.#unread = Buffer.concat([this.#unread, data]);
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#nap(transport);
    for (;;) {
      const [next] = this.#expected;
      if (next === undefined || this.#unread.length < next.length) break;
      assert.deepEqual(Buffer.from(this.#unread.subarray(0, next.length)), Buffer.from(next));
      this.#unread = this.#unread.subarray(next.length);
      this.#expected.shift();
      if (this.#isPatient) this.#sendUntilReply(transport);
    }
    this.#endIfAnswered(transport);
  }

  readConnectionLost(): void {
    this.#account.calls.push("read lost");
    this.#transport?.loseConnection();
  }

  writeConnectionLost(): void {
    this.#account.calls.push("write lost");
  }

  connectionLost(reason: CloseReason): void {
    this.#account.lost(reason);
  }

  /** Sends the next request, and those that get no reply before it. */
  #sendUntilReply(transport: Transport): void {
    for (let isQuiet = true; isQuiet && this.#requests.length > 0; )
      isQuiet = !this.#send(transport);
  }

  /** Answers whether a reply will come. */
  #send(transport: Transport): boolean {
    const request = this.#requests.shift();
    if (request === undefined) return false;
    this.#account.write(transport, encode(request));
    return replyTo(request).length > 0;
  }

  #endIfAnswered(transport: Transport): void {
    if (this.#expected.length > 0 || this.#requests.length > 0) return;
    if (this.ending === "half-close") endSending(transport);
    else if (this.ending === "close") transport.loseConnection();
    else if (this.ending === "switched") this.#switch(transport);
  }

  #switch(transport: Transport): void {
    if (this.#isSwitched) return;
    this.#isSwitched = true;
    const next = new RawClient(this.#account, drawBytes(this.#world.chance, 3000));
    if (takeOver(transport, next, this.#unread)) this.#account.handOn(this.#unread);
    else transport.loseConnection();
  }

  /** Now and then it reads nothing for a while. */
  #nap(transport: Transport): void {
    const { chance, runtime } = this.#world;
    if (!chance.chance(0.1)) return;
    transport.pauseProducing();
    runtime.clock.after(chance.next() * 50, () => transport.resumeProducing());
  }
}

/** Sends some bytes, ends its direction, and takes what comes back. */
class RawClient implements Protocol {
  readonly #account: Account;
  readonly #data: Bytes;
  #transport: Transport | undefined;

  constructor(account: Account, data: Bytes) {
    this.#account = account;
    this.#data = data;
  }

  connectionMade(transport: Transport): void {
    this.#account.calls.push("made");
    this.#transport = transport;
    // Always the first call, even where the connection has ended meanwhile.
    this.#account.write(transport, this.#data);
    endSending(transport);
  }

  dataReceived(data: Bytes): void {
    this.#account.received(data);
  }

  readConnectionLost(): void {
    this.#account.calls.push("read lost");
    this.#transport?.loseConnection();
  }

  connectionLost(reason: CloseReason): void {
    this.#account.lost(reason);
  }
}

function endSending(transport: Transport): void {
  if (isHalfCloseable(transport)) transport.loseWriteConnection();
}
