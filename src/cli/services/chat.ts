import type { Bytes, Protocol, Transport } from "../../contract/index.ts";
import { LineDecoder } from "../../framing/index.ts";

/** One room, whatever wire one came by: what one says, all the others hear. */
export class Chat implements Protocol {
  readonly #name: string;
  readonly #room: Set<Chat>;
  readonly #lines = new LineDecoder({ lengthMax: 65_536 });
  #transport!: Transport;

  constructor(name: string, room: Set<Chat>) {
    this.#name = name;
    this.#room = room;
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    const others = [...this.#room].map((other) => other.#name);
    const here = others.join(", ") || "nobody else";
    transport.write(utf8(`* you are ${this.#name}; ${here} here\n`));
    this.#room.add(this);
    this.#say(`* ${this.#name} came`);
  }

  dataReceived(data: Bytes): void {
    for (const line of this.#lines.push(data)) this.#say(`${this.#name}: ${textOf(line)}`);
  }

  connectionLost(): void {
    if (this.#room.delete(this)) this.#say(`* ${this.#name} left`);
  }

  #say(text: string): void {
    for (const other of this.#room) if (other !== this) other.#transport.write(utf8(`${text}\n`));
  }
}

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
/** Without control characters, so that nobody steers another one's terminal. */
const textOf = (line: Bytes): string => new TextDecoder().decode(line).replace(/\p{Cc}/gu, "");
