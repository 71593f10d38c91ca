import assert from "node:assert/strict";
import type { Bytes, CloseReason, Protocol, Transport } from "../../../src/contract/index.ts";
import { isHalfCloseable } from "../../../src/contract/index.ts";
import type { World } from "../../../src/memory/index.ts";
import type { Account } from "./account.ts";
import { PullReply, PushReply } from "./reply-producers.ts";
import type { Request } from "./request.ts";
import { decode, replyTo } from "./request.ts";
import { takeOver } from "./take-over.ts";

/**
 * Answers each request in turn, in the manner it asks for; ends when the client has and all is
 * answered.
 */
export class ReplyServer implements Protocol {
  readonly #world: World;
  readonly #account: Account;
  readonly #pausesWhileBusy: boolean;
  #transport: Transport | undefined;
  #unread: Bytes = new Uint8Array(0);
  #isBusy = false;
  #hasClientEnded = false;
  #isClosing = false;
  #isOver = false;

  constructor(world: World, account: Account) {
    this.#world = world;
    this.#account = account;
    this.#pausesWhileBusy = world.chance.chance(0.5);
  }

  connectionMade(transport: Transport): void {
    this.#account.calls.push("made");
    this.#transport = transport;
  }

  dataReceived(data: Bytes): void {
    assert.ok(!this.#isClosing, "the server is told of data after it closed");
    this.#account.received(data);
    this.#unread = Buffer.concat([this.#unread, data]);
    this.#serve();
  }

  readConnectionLost(): void {
    this.#account.calls.push("read lost");
    this.#hasClientEnded = true;
    this.#serve();
  }

  /** Unasked: the client takes no more, so whatever it still asks for is in vain. */
  writeConnectionLost(): void {
    this.#account.calls.push("write lost");
    if (this.#transport !== undefined) this.#close(this.#transport);
  }

  connectionLost(reason: CloseReason): void {
    this.#isOver = true;
    this.#account.lost(reason);
  }

  #serve(): void {
    const transport = this.#transport;
    while (transport !== undefined && !this.#isBusy && !this.#isClosing && !this.#isOver) {
      const decoded = decode(this.#unread);
      if (decoded === undefined) {
        if (this.#hasClientEnded) this.#close(transport);
        return;
      }
      this.#unread = this.#unread.subarray(decoded.end);
      if (decoded.request.manner === "switch") this.#switch(transport, decoded.request);
      else this.#reply(transport, decoded.request);
    }
  }

  #reply(transport: Transport, request: Request): void {
    const reply = replyTo(request);
    const write = (data: Bytes): void => this.#account.write(transport, data);
    if (request.manner === "write") {
      write(reply);
      if (request.isLast) this.#close(transport);
      return;
    }
    const { chance, runtime } = this.#world;
    this.#isBusy = true;
    if (this.#pausesWhileBusy) transport.pauseProducing();
    const finished = (): void => {
      transport.unregisterProducer();
      // In a later turn, as whoever reads a file would be told.
      runtime.turn.later(() => {
        this.#isBusy = false;
        if (this.#pausesWhileBusy) transport.resumeProducing();
        this.#serve();
      });
    };
    const options = { reply, chance, turn: runtime.turn, write, finished };
    if (request.manner === "push") transport.registerProducer(new PushReply(options), true);
    else transport.registerProducer(new PullReply(options), false);
    if (request.isLast) this.#close(transport);
  }

  #switch(transport: Transport, request: Request): void {
    this.#account.write(transport, replyTo(request));
    if (!takeOver(transport, new RawEcho(this.#account), this.#unread)) {
      this.#close(transport);
      return;
    }
    this.#account.handOn(this.#unread);
    this.#isOver = true;
  }

  #close(transport: Transport): void {
    this.#isClosing = true;
    transport.loseConnection();
  }
}

/**
 * What a connection becomes when it is taken over: whatever comes goes back, until the peer's end.
 */
class RawEcho implements Protocol {
  readonly #account: Account;
  #transport: Transport | undefined;

  constructor(account: Account) {
    this.#account = account;
  }

  connectionMade(transport: Transport): void {
    this.#account.calls.push("made");
    this.#transport = transport;
  }

  dataReceived(data: Bytes): void {
    this.#account.received(data);
    if (this.#transport !== undefined) this.#account.write(this.#transport, data);
  }

  readConnectionLost(): void {
    this.#account.calls.push("read lost");
    const transport = this.#transport;
    if (transport !== undefined && isHalfCloseable(transport)) transport.loseWriteConnection();
  }

  connectionLost(reason: CloseReason): void {
    this.#account.lost(reason);
  }
}
