import type { Bytes, Protocol, Transport } from "../../contract/index.ts";
import { LineDecoder } from "../../framing/index.ts";

/** One room for everybody, whatever wire they came by: what one says, all the others hear. */
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
    const others = [...this.#room].map((other) => other.#name).join(", ");
    this.#hear(`* you are ${this.#name}; ${others || "nobody else"} here`);
    this.#room.add(this);
    this.#say(`* ${this.#name} came`);
  }

  dataReceived(data: Bytes): void {
    for (const line of this.#lines.push(data)) this.#say(`${this.#name}: ${printable(line)}`);
  }

  connectionLost(): void {
    if (this.#room.delete(this)) this.#say(`* ${this.#name} left`);
  }

  #say(text: string): void {
    for (const other of this.#room) if (other !== this) other.#hear(text);
  }

  #hear(text: string): void {
    this.#transport.write(new TextEncoder().encode(`${text}\n`));
  }
}

/** Without control characters, so that nobody steers another one's terminal. */
function printable(line: Bytes): string {
  return new TextDecoder().decode(line).replace(/\p{Cc}/gu, "");
}
